"""What can be known to be wrong with a gold notebook before it runs."""
