"""Give an adult of an opened file what they need to log in to the portal."""
