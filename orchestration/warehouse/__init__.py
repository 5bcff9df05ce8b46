"""From landing to marts: raw files, what dbt sees of landing, the plan of a build, and dbt in this process.

Belongs here: the build database of a home. Not here: judging (`gates`), publishing (`releases`), Dagster (`assets`).
Why months are replaced and marts find their own stale ones: docs/decisions.md.
"""
