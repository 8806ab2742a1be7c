"""Who does the same work beside us, so that each claim is a ratio of one run."""
