"""What the templates of the desk say their own way."""
