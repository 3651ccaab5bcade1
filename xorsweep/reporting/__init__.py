"""Output for people: figures, pages, findings and the terminal.

It may import analysis and the packages that analysis imports. Matplotlib is imported by
`figures` alone, and nothing is imported here: a terminal needs no figures.
"""
