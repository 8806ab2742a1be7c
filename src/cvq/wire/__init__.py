"""What devices and the town hall say to each other: messages, signatures, words.  Pure."""
