"""P4b, one operation: what happened and why this price."""
