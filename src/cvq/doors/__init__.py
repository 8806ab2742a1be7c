"""The doors of buildings: which groups may open which, and at what hours."""
