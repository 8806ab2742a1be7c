"""D2, the file of a family: opened with a reason, all on one page."""
