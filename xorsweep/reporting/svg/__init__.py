"""Figures of networks: arrays in, SVG text or PNG bytes out, no Matplotlib."""
