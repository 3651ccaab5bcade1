"""Operations on a sweep: run, resume, preview, verify, merge, replay, compare.

It may import everything but functions, the command line and the Python interface.
Nothing is imported here: each of them imports its own dependencies.
"""
