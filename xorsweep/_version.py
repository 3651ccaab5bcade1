"""The version of the package, and those of what it stores; what other versions wrote is refused."""

__version__ = "0.1.0"

NUMERICS = 1
"""Raised whenever a point's bits change; tests/networks/test_numerics.py holds the bits."""

FORMAT = 5
"""Raised whenever a folder's layout changes, or the names for which its parts hold codes."""
