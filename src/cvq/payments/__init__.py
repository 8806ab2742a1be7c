"""Money that comes in: top-ups by channel and means, with their receipts."""
