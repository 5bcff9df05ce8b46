"""Receiving files: bytes, receipts with their declared scope, withdrawals. Knows nothing of Dagster or dbt."""
