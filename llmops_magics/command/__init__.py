"""What a magic and a command of the same name share: arguments, and one call of the Python API."""
