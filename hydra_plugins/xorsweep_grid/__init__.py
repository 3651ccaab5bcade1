"""A Hydra sweeper that trains a whole grid in one process tree."""
