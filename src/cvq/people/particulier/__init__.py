"""
API Particulier v3: what the funds (CAF, MSA) tell administrations of a family, if it agrees.

Réf. the OpenAPI file of API Particulier (docs/references.md, T1).  Only jobs and commands call it,
never a transaction; nothing of an answer is kept but what a price needs.
"""
