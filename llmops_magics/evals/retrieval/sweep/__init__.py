"""Sweeps: many ways to cut, embed and search a corpus, measured on the same labelled queries."""
