"""What can be done with a sweep: run, resume, preview, verify, merge, replay, compare.

It may import everything but functions, the command line and the Python interface.
Nothing is imported here: each of them brings what it needs.
"""
