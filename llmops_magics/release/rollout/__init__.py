"""Rollouts under way: guardrails, what both versions do, and what follows from it."""
