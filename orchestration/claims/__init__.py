"""Claims put to the test: what was printed against what was known then and is known now.

Belongs here: verdicts on printed sentences and figures. Not here: the claims (`expectations/claims.yml`), and the
audit, which is the gates'. What may be claimed, and how it is judged: docs/claims.md.
"""
