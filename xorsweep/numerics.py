"""The version of the numbers: what was computed under another version is never mixed in."""

NUMERICS = 1
"""Raised whenever a point's bits change for any reason; tests/test_numerics.py holds the bits."""
