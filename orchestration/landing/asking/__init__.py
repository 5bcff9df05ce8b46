"""How publishers are asked: one source after another, politely, and each whole answer received at once.

Belongs here: requests, their plan, what is remembered of them. Not here: whom to ask (`landing.fetching`), what a
receipt is (`landing.receive`), nor what a publisher answers (`sources`).
"""
