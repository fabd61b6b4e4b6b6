"""The IPython shell: each magic parses, makes one call, and returns the result."""
