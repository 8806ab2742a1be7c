"""P5, put money in the wallet, through the page of a bank."""
