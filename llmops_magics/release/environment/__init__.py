"""Environments: what each serves of a prompt, and every change of that."""
