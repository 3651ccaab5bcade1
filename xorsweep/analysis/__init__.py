"""Statistics of result tables: intervals, survival, summaries, paired tests, studies.

It may import storage and what that imports. Nothing is imported here: its
modules bring pandas.
"""
