"""K6, it is done, and here is the proof."""
