"""Settings: where a workspace is, and what its ``llmops.toml`` and ``LLMOPS_*`` variables say."""
