"""What a written tariff could get wrong: each finding with the smallest example that shows it."""
