"""K5, pay on the small screen of the terminal."""
