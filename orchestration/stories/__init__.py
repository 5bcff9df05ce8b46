"""Stories: a sentence of a newspaper, told from a release with every figure's address (`stories/<name>.yml`).

Belongs here: what a story says of itself, its figures in a release, and their words. Not here: how its home comes to
hold figures (`terminal.story`), nor how it is printed.
"""
