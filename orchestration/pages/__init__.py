"""The page of a release, and who shows it: a server of this machine that reads releases and nothing else.

Belongs here: what a reader sees without a program. Not here: any figure that is not in the release, nor the audit's
page (`gates.report`).
"""
