"""The box on site: decides alone, writes first, moves the door, tells the town hall.  No Django."""
