"""Routers: named models made of others, and the choice among them for each call."""
