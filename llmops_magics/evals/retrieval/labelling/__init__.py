"""Relevance labels by people: a pool of passages a query, graded one by one."""
