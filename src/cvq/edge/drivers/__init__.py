"""One package a kind of reader or actuator; each ships its fake and says what it is worth."""
