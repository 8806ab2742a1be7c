"""One machine: how it is, and what it needs."""
