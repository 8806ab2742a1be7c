"""What the thread that decides and the thread that tells say to each other."""

import threading

from cvq.edge.timekeeper import Timekeeper


class Link:
    """
    The state of the line.

    Each attribute has one writer, the uplink, and is set in one go; `wake` is called by the
    controller when there is something to tell.
    """

    def __init__(self) -> None:
        """Begin with a line that nothing is known of."""
        self.acked = 0
        self.is_up = True
        self.quarantined = ""  # why, once the town hall no longer believes this box
        self.timekeeper = Timekeeper()
        self.news = threading.Event()

    def wake(self) -> None:
        """Say that there is something to tell."""
        self.news.set()
