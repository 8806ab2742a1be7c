"""From what an author wrote to what is asked at each price: compiled once."""
