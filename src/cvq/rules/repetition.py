"""
Which facts of a scope count, where several may be one.

The answer depends on the facts alone, not on the order in which they were told: two controllers
that were cut off may send theirs in any order.
"""

from collections.abc import Sequence

Fact = tuple[int, int, int]
"""`(at, device, seq)`: instant in milliseconds, then what makes the order total."""


def counted(facts: Sequence[Fact], grace_ms: int) -> frozenset[Fact]:
    """Return the facts that count: each at least `grace_ms` after the last one that counted."""
    result = []
    last: int | None = None
    for fact in sorted(facts):
        if last is None or fact[0] - last >= grace_ms:
            result.append(fact)
            last = fact[0]
    return frozenset(result)
