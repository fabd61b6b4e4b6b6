"""What environments serve, read by whoever asks for a prompt: pointers, arms and the client."""
