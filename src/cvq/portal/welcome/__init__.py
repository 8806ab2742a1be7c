"""P1, the home of everybody."""
