"""What we claim to be fast, measured beside a peer in the same run: ``cvq bench``."""
