"""Additions to xorsweep by another package: components by entry points, a function to sweep."""
