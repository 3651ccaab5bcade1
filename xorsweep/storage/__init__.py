"""The files of one sweep: parts, manifest, lock, and the tables made of them.

It may import networks and settings, and nothing that computes statistics or draws.
Nothing is imported here: only some of its modules bring pyarrow.
"""
