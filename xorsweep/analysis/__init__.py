"""Statistics of result tables: intervals, survival, summaries, paired tests, studies.

It may import storage and what that imports. Its modules import pandas when they are imported.
"""
