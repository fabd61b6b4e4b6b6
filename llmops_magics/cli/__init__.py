"""The ``llmops`` command: each subcommand parses, makes one call, and prints."""
