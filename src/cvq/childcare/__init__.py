"""School, canteen, garderie, crèche and leisure centre: who was there, and what the day costs."""
