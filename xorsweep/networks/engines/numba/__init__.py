"""The compiled engine: tiles of networks, a network to a lane of a vector register.

`engine` trains; the other modules are its kernels and the steps that these share.
"""
