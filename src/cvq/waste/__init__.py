"""The waste centres: visits of a household against its quota, visits that a professional pays."""
