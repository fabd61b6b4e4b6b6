"""Retrievers as what is evaluated: each measured on labelled queries is an eval run."""
