"""Releases: candidate, content, publication, rollback, retention, as-of, trace, query.

Belongs here: the immutable folders that readers open. Not here: building models (`warehouse`), judging (`gates`).
Why a switch and no table in place: docs/decisions.md.
"""
