"""Attacks on language models: families of templates, disguises, and what counts as a success."""
