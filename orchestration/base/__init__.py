"""What every room stands on: settings and homes, refusals, months, strict YAML, plain text, DuckDB connections.

Belongs here: what knows nobody else in this project. Not here: anything about customs, receipts or releases.
Which room may import which: docs/house.md.
"""
