"""Train every point of a grid of tiny networks on XOR and report how often it works."""

__version__ = "0.1.0"
