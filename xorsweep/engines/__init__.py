"""Engines: each trains a batch of networks; one contract, one file each."""
