"""Faults put in on purpose, one by one, and what must catch each of them; `docs/faults.md` is made from the results."""
