"""The workspace's memory: a relational store, its migrations, and content-addressed artifacts."""
