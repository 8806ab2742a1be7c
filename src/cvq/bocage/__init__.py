"""The look of every page: tokens, components, icons, and how amounts and days are told."""
