"""Answers in the outcome's units: contrast, averaging and grouping, kept apart from each other."""
