"""Who logs in, what they may see, and the trace of what they looked at: the one place that says."""
