"""Many densities of one structure at once: members lie along the first axis of every array."""
