"""Statistics of result tables: intervals, survival, summaries, paired tests, studies.

It may import storage and the packages that storage imports. Nothing is imported here: its
modules bring pandas.
"""
