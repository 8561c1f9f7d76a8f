"""Design x family x priors: one joint density, and what is special about it."""
