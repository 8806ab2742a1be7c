"""P4, the statement: what came in, what went out, and that it adds up."""
