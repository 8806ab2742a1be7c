"""The one family of errors that we expect: what we are not able to do, said to a person."""


class Unable(Exception):
    """Say, in one sentence for the person who asked, why something is not done.

    Each subclass lives beside the function that raises it and is named after what is wrong
    (``WalletOverdrawn``).  It is caught where the person is told, never on the way.
    """
