"""The media and toy libraries, as far as a card goes: who is this, is the subscription in force."""
