"""
What is published of Parthenay-Gâtine: how many people use what, and what their year comes to.

The twin draws its people from the first kind; the second is held beside what it lived, and nothing
reads it while it lives.
"""

# How many there are.
HOMES = 13_000
FAMILY_ACCOUNTS = 4_500
CARDS = 16_000
POOL_SUBSCRIBERS = 3_500
LIBRARY_SUBSCRIBERS = 3_600
SQUASH_SUBSCRIBERS = 200
STAFF_CARDS = 450
PROFESSIONALS = 333

# What a year comes to.
SUBSCRIBER_ENTRIES = 145_000
DOOR_TAPS_A_WEEK = 3_000
MEALS = 322_000
MEALS_A_DAY = 2_300
VISITS_OF_A_HOME = 15
# Of a hundred top-ups, in 2017.
BY_INTERNET, BY_COUNTER, BY_KIOSK, BY_UNSPECIFIED = 61, 29, 9, 1
