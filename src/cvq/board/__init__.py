"""The board of those who watch the machines: what holds somebody up now, and what to do first."""
