"""What stands around every page of a kiosk: the scene, the bar, and the way out."""
