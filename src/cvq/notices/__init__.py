"""Who must be told what, and how: it reads the sealed books and writes to people."""
