"""Mutants of sound files, seeded: each is refused with a reason, or read as an independent reader reads it."""
