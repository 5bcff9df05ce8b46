"""UN Comtrade: what countries report to the United Nations by month, partner and six digits, in US dollars.

Belongs here: how its answers look, which codes it uses, and how it is asked. Not here: sending anything
(`landing.fetching`), receipts, scopes (`landing`), nor annual answers as documents (`comtrade_annual`).
"""

SOURCE = "comtrade"
#: The row of all partners together, wherever a partner stands.
WORLD = "0"
