"""Studies: published values, their measured counterparts, and a verdict on each.

It may import the rest of `analysis`.
"""
