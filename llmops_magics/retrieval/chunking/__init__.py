"""Chunks of documents: splitters behind one protocol, and the offsets they are checked by."""
