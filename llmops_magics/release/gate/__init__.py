"""The decision of a gate: rules held against what was measured, and what else counts."""
