"""Monthly mean exchange rates, yuan for a US dollar, as the Federal Reserve prints them.

Belongs here: reading the table. Not here: converting anything, which nobody does; rates only check figures printed in
both currencies. docs/receiving.md.
"""
