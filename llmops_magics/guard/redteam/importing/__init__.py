"""Attacks of other tools, read from the files that those write."""
