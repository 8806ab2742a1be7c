"""Cards, QR codes, phones and plates: who holds them, and what readers call them."""
