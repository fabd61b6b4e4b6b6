"""Search: dense, lexical and hybrid, each behind one protocol and one access filter."""
