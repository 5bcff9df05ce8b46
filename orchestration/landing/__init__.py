"""Receiving: bytes, receipts with their declared scope, withdrawals, the inbox, fetching, datasets, and what is due.

Belongs here: what arrives and what was asked for. Not here: typed rows on disk and dbt (`warehouse`), runs (`assets`).
The rules by number: docs/rules.md; declaring and refusals: docs/receiving.md; asking publishers: docs/fetching.md.
"""
