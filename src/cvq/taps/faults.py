"""Whose fault it is when events are not settled: that of one event, or that of the database."""

import django.db
from psycopg import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

# Nothing is wrong with the events: nobody answers, or the tables are not yet what the code expects
# (a deployment before its migration, a right that is missing).  They come again.
DATABASE = (
    OperationalError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    ProgrammingError,
    # The catalogue is read again through Django, on a connection that the thread has there.
    django.db.OperationalError,
    django.db.InterfaceError,
    django.db.InternalError,
    django.db.NotSupportedError,
    django.db.ProgrammingError,
)
# What the database or a bug of ours says of an event that will never be settled as it is.
EVENT = (
    DataError,
    IntegrityError,
    ArithmeticError,
    AssertionError,
    LookupError,
    TypeError,
    ValueError,
)
