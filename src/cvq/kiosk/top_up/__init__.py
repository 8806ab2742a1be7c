"""K4, how much to add."""
