"""Which change moved a metric: over a history (blame), by search (bisect), by part (ablate)."""
