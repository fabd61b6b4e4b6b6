"""Releases: gates that decide, dossiers that prove it, approvals, environments and rollouts."""
