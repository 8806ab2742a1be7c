"""D1, search: one box, and who it may be about."""
