"""What a release needs, whether it is there, and who said yes to it."""
