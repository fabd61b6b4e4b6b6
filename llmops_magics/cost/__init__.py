"""Cost: what a model call is charged, and how the calls of this kernel come to know it."""
