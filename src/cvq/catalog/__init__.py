"""The territory: who manages what and where, hours, prices, and the boxes that guard the doors."""
