"""Measurements of speed and memory, and the published studies; run on demand."""
