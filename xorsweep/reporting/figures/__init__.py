"""The figures of a sweep: tables in, Matplotlib figures out, one module a figure.

`catalog` lists them, with their titles and captions.
"""
