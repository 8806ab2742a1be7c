"""The one way to bring an exact amount back to whole units, where a rule rounds half up."""

from fractions import Fraction


def half_up(exact: Fraction | int) -> int:
    """Return the nearest whole number; a half goes away from zero, as public tariffs round."""
    if exact < 0:
        return -half_up(-exact)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
