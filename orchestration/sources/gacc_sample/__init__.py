"""The synthetic sample: made-up files in the layout of China's customs, so that everything can be tried at once.

Belongs here: making these files. Not here: reading them, which `sources.gacc` does as with genuine ones. Every table,
page and release made of them says that they are synthetic: docs/decisions.md.
"""

from dataclasses import replace

from orchestration.sources.gacc.offer import OFFER as GACC
from orchestration.sources.source import MADE_UP

SOURCE = "gacc_sample"
OFFER = replace(
    GACC,
    name=SOURCE,
    publisher=MADE_UP,
    attribution=MADE_UP,
    terms="Free; not to be quoted as figures of any customs",
    is_synthetic=True,
    sample_of=GACC.name,
)
