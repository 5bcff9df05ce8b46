"""Dagster assets and checks, one module a stage: each wires, logs and attaches metadata; the work is done elsewhere.

Belongs here: what the asset graph shows. Not here: when anything runs (`automation`), and anything that could be tested
without Dagster. What an operator sees: docs/runbook.md.
"""
