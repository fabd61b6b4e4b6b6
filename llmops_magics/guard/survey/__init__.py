"""Scanning what lies somewhere: files, notebooks, datasets, runs, corpora."""
