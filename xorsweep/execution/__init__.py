"""Where batches run: this process, processes of this machine, a Dask cluster; signals.

It knows no experiment. It may import the grid and the modules to its left.
"""
