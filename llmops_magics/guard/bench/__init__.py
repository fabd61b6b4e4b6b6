"""Detectors measured on labelled texts."""
