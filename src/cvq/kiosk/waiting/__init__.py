"""K1, what to do with a card; and what to do without one."""
