"""Corpora: documents read from files, tables or functions, and their versions in the store."""
