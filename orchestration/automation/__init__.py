"""When things run, and in what: schedules, sensors, Dagster's instance, the process of the UI, lines of progress.

Belongs here: what launches, watches and ends runs. Not here: what a run does (`assets`).
What an operator does with it: docs/runbook.md.
"""
