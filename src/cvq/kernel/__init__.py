"""Small pure things that everything else stands on: standard library only."""
