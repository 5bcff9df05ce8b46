"""Claims put to the test: what was printed against what was and is known. Neither Dagster nor dbt in here."""
