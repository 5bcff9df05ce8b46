"""Corrections: in which figures a release differs from the one before it, why, and who is told.

Belongs here: `mart_correction`, causes, sentences, feed and watch list. Not here: differences asked for by hand
(`releases.difference`), nor how somebody is reached (`automation`).
"""
