"""P3, the home of a family: what it has, until when, who is where today."""
