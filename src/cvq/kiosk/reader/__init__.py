"""What the screen of a reader says: full screen, in five signals that tell the same."""
