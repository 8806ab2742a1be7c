"""Prices that an agent works out at a counter, for what nothing charges: no money moves here."""
