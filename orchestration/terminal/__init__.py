"""The `bonded` command: arguments, printing, reports of a home.

Belongs here: what a person types and reads. Not here: any work that Dagster's runs need too.
Commands and options by example: README.md, docs/runbook.md.
"""
