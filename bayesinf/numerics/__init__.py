"""Algorithms that know nothing about models: densities go in, draws and doubts come out."""
