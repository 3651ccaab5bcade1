"""The built-in experiment: small networks, their tasks, update rules, engines and planning.

It may import the grid and execution, and no file of a sweep.
"""
