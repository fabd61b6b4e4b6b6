"""Calls to models: OpenAI-compatible endpoints and the embedded default."""
