"""K2, the card is read, or it is not."""
