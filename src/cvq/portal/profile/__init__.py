"""Who logs in, how, and who looked at the file of the family."""
