"""What another package adds to xorsweep: components by entry points, and a function to sweep."""
