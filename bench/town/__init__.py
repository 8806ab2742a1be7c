"""Who lives in the town of the benches, and where they go; imported once Django is set up."""
