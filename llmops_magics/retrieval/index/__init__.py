"""The index of a corpus: built in Chroma beside the one in use, switched by a pointer, checked."""
