"""The engine for NVIDIA GPUs: a thread trains a network.

It needs numba-cuda, which the extra `cuda` installs, a GPU and its driver.
"""
