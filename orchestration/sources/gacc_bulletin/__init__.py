"""The English bulletin pages of China's customs: printed totals that the details are held against.

Belongs here: reading a page as it is saved. Not here: comparing (`expectations/totals.sql`), and which line of a page
is which category, a reviewed seed. What the pages look like: docs/receiving.md.
"""
