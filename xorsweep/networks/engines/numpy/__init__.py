"""The reference engine: one array program per batch, the batch axis last.

`engine` trains; the other modules are its steps.
"""
