"""Monthly mean exchange rates, yuan for a US dollar: the Federal Reserve's, or computed from the ECB's for a euro.

Belongs here: reading the tables, and asking for the ECB's. Not here: converting anything, which nobody does; rates only
check figures printed in both currencies. docs/receiving.md.
"""
