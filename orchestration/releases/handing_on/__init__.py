"""Handing on: a table, a view or an answer of a release as a file for somebody else.

Belongs here: forms of files, and what goes with the figures. Not here: which rows may leave (`releases.withheld`), nor
the question itself (`releases.query`).
"""
