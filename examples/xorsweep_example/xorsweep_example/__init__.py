"""What another package adds to xorsweep: choices by entry points, and a function to sweep."""
