"""What a document may cost to check, all its tables and prices together."""

MAX_LOOKED_IN_ALL = 250_000  # about two seconds
A_PLACE, A_LOOK = 2, 4  # of a table, along its slope: in what looking at a formula costs


class Effort:
    """What is left of it; below zero, the document was refused for crossing too many cases."""

    def __init__(self) -> None:
        self.left = MAX_LOOKED_IN_ALL
