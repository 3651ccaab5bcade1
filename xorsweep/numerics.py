"""The versions of what is stored: what was written under others is never mixed in."""

NUMERICS = 1
"""Raised whenever a point's bits change for any reason; tests/test_numerics.py holds the bits."""

FORMAT = 5
"""Raised whenever a folder's layout changes, or the names for which its parts hold codes."""
