"""Evals: scorers and judges, the runner, and the record of a run."""
