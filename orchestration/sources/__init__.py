"""What publishers offer; a package a source: how its files look, how they are read, when a month comes out.

Belongs here: pure functions from received bytes to typed rows. Not here: receipts and scopes (`landing`), for a source
knows nothing of either. The list of sources is `source`; how their files look: docs/receiving.md.
"""
