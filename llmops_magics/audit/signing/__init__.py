"""Keys, signatures, and whose they are."""
