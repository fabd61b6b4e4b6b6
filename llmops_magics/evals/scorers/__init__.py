"""Scorers, one a file, and what a function needs to be one."""
