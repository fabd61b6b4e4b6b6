"""Statistics of evals: intervals for proportions, means, paired differences and quantiles.

Pure functions. An interval that cannot be stated (no values, or nothing known of their spread) is
None; input that makes no sense (a NaN, more successes than trials) raises ``ValueError``.
"""
