"""What laws and standards ask for, as dated data, and which records of ours speak to it."""
