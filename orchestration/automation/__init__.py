"""When things run, in what, and what follows: schedules, sensors, Dagster's instance, the UI's process, who is told.

Belongs here: what launches, watches and ends runs, and tells of them. Not here: what a run does (`assets`).
What an operator does with it: docs/runbook.md.
"""
