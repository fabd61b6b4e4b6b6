"""Who may do what: principals, the policies that decide, and decisions that say by which rule."""
