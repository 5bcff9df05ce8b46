"""UN Comtrade: what countries report to the United Nations by month, partner and six digits, in US dollars.

Belongs here: how its answers look, which codes it uses, and how it is asked. Not here: sending anything
(`landing.fetching`), receipts, scopes (`landing`), nor annual answers as documents (`comtrade_annual`).
"""

SOURCE = "comtrade"
#: The row of all partners together, wherever a partner stands.
WORLD = "0"
#: Chapters that are all codes: 77 is reserved, 98 and 99 are what no kind is said of.
CHAPTERS = tuple(f"{chapter:02}" for chapter in range(1, 100) if chapter != 77)
