"""D3, cards: give one, block one, put another in its place."""
