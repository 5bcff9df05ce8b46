"""Gates: evidence, then judgement; the small bridge to Great Expectations.

Belongs here: whether a candidate may be published. Not here: what each gate asks, which is data (`expectations/`), and
what happens then (`releases`). Which fault is caught by which gate: docs/faults.md.
"""
