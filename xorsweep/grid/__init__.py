"""The grid: axes, levels, points as columns, filters, and how a grid is stored.

It knows no experiment: a `Schema` says which keys a point has. It may import errors, fields,
registry, text and hints.
"""
