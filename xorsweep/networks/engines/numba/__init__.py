"""The compiled engine: tiles of networks, each network in a lane of vector registers.

`engine` trains; the other modules are its kernels and the steps that these share.
"""
