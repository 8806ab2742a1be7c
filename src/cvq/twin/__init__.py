"""The digital twin: a territory that lives, and the plain model that its books are held to."""
