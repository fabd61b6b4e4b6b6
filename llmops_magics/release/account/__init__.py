"""Who approved what an environment serves, and what it did: one account, from records alone."""
