"""What an environment serves, as production code reads it: the pointer, and who gets which version."""
