"""What looks for one kind of danger in a text: each detector stands behind one protocol."""
