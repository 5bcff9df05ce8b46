"""The page of a release, its pictures, the files of series beside it, and who shows them: a server of this machine.

Belongs here: what a reader sees without a program, drawn from a candidate, and how a gate reads it back. Not here: any
figure that is not in the release, nor the audit's page (`gates.report`).
"""
