"""The synthetic sample: made-up files in the layout of China's customs, so that everything can be tried at once.

Belongs here: making these files. Not here: reading them, which `sources.gacc` does as with genuine ones. Every table,
page and release made of them says that they are synthetic: docs/decisions.md.
"""

SOURCE = "gacc_sample"
