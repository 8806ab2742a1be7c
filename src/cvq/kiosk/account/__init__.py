"""K3, what is left on the account, and what can be done about it."""
