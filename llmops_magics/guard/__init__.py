"""Untrusted text at every boundary: what is found in it, and what is done about it.

A detector's finding is a signal that is recorded and raises the review tier. What protects are the
deterministic checks at the boundaries: access, allow-lists, taint and output policies.
"""
