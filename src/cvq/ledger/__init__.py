"""The books: accounts, entries, transfers and holds.  Knows no person, service or tariff."""
