"""What a CI service shows of a gate: annotations, a summary, a comment on a pull request."""
