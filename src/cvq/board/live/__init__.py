"""What holds somebody up now, on one screen."""
