"""The command line: Hydra's composition, overrides, and subcommands.

With `hydra_plugins` it is the only code that imports Hydra.
"""
