"""Dagster assets, one module a stage: each wires, logs and attaches metadata; the work is done elsewhere."""
