"""Sweeps of functions."""
