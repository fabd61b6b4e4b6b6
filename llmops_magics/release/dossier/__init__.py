"""What a gate run leaves: the frozen, masked notebook and its records in one sealed folder."""
