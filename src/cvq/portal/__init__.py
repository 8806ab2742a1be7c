"""The portal of the residents, open day and night: what they have, what they paid and why."""
