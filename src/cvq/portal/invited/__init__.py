"""Choose the password of an account that the counter offered."""
