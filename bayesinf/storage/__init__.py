"""Kept on disk: a posterior as a folder of one JSON manifest and one file of arrays."""
