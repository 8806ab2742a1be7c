"""One card, one account, one ledger, one way through: the everyday card of a territory."""

__version__ = "0.1.0"
