"""Datasets: cases, immutable versions of them, and the files they come from."""
