"""Releases: candidate, manifest, switch, rollback, retention, trace. Knows nothing of Dagster."""
