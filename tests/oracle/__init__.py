"""An independent oracle: the marts recomputed from the received CSV files with plain pandas.

It is written from docs/rules.md and from what the columns' descriptions say, never from the SQL, and imports nothing of
the warehouse that computes. Left out are rules of which neither home has a case: limited regimes, withdrawn receipts,
and chapters that together make all goods.
"""
