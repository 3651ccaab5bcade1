"""Measurements of speed and memory, run on demand."""
