"""P7 and P7b, the cards of a family, and one that is lost."""
