"""A2, services and tariffs: what they cost, from when, and who decided it."""
