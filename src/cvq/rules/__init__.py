"""Every decision of the trade, pure: door, server, replay and what-if run the same files."""
