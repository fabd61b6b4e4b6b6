"""Texts and calls that cross a boundary: what the policies decide, and how it is carried out."""
