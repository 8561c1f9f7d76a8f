"""Many densities of one structure at once; their members lie along the first axis of every array."""
