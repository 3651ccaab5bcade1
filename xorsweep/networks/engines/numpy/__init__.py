"""The reference engine: one array program a batch, the batch axis last.

`engine` trains; the other modules are its steps.
"""
