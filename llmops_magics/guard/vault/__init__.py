"""Masked values that the right principal may read again, sealed under a key kept apart."""
