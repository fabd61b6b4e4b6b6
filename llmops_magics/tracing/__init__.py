"""OpenTelemetry inside: spans with GenAI attributes, redacted, stored, and shown under the cell."""
