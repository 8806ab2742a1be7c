"""What keeps the database running and its facts unchanged; knows nothing of the trade."""
