"""The spine: from a batch of taps to what each door must show, in one transaction."""
