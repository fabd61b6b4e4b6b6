"""Retrieval: documents, the index over them, and what a question finds there."""
