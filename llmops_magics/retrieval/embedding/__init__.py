"""Vectors of texts: embedders by name, their checks, and the cache of what was embedded."""
