"""How good a retriever is, by labelled queries: pure functions on ranked lists, with no store."""
