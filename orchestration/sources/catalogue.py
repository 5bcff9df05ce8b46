"""The one list of sources: whoever knows a source by name asks it here.

Belongs here: which sources there are, and of what kind. Not here: what each is (its own package).
"""

from __future__ import annotations

import datetime as dt

from orchestration.base.months import format_month
from orchestration.sources import gacc_sample
from orchestration.sources.comtrade.offer import OFFER as COMTRADE
from orchestration.sources.comtrade_annual import parse as comtrade_annual
from orchestration.sources.exchange_rates import parse as exchange_rates
from orchestration.sources.gacc.offer import OFFER as GACC
from orchestration.sources.gacc_bulletin import parse as gacc_bulletin
from orchestration.sources.gacc_nomenclature import parse as gacc_nomenclature
from orchestration.sources.source import DocumentReader, Reader, Source
from orchestration.sources.web import DocumentWeb

OFFERS = (
    GACC,
    gacc_sample.OFFER,
    COMTRADE,
)
#: Sources of trade figures, by name.
TRADE: dict[str, Source] = {source.name: source for source in OFFERS}
CODE_LISTS: Reader = gacc_nomenclature
#: Readers of documents by source.
DOCUMENTS: dict[str, DocumentReader] = {
    reader.SOURCE: reader for reader in (comtrade_annual, exchange_rates, gacc_bulletin)
}
#: How sources of documents are asked over the network, of those that may be.
DOCUMENT_WEBS: dict[str, DocumentWeb] = {
    name: reader.WEB for name, reader in DOCUMENTS.items() if hasattr(reader, "WEB")
}
#: When they are asked, each in its own time zone.
DOCUMENT_CRONS: dict[str, str] = {
    name: reader.RELEASE_CRON for name, reader in DOCUMENTS.items() if hasattr(reader, "RELEASE_CRON")
}
#: Sources of documents whose figures come on the terms of a source of trade.
ON_TERMS_OF = {comtrade_annual.SOURCE: COMTRADE.name}
#: Sources of code lists and of documents.
LIST_SOURCES = frozenset({CODE_LISTS.SOURCE})
DOCUMENT_SOURCES = frozenset(DOCUMENTS)
#: Sources that make their figures up.
SYNTHETIC_SOURCES = frozenset(name for name, source in TRADE.items() if source.is_synthetic)
#: From which month on any source has figures.
FIRST_MONTH = min(source.first_month for source in TRADE.values())
SOURCES = (*TRADE, *sorted(LIST_SOURCES), *sorted(DOCUMENT_SOURCES))


def time_zone_of(source: str) -> str:
    """Whose day a vintage is that is not declared: of trade, code lists or documents."""
    if source in TRADE:
        return TRADE[source].time_zone
    return {CODE_LISTS.SOURCE: CODE_LISTS, **DOCUMENTS}[source].TIME_ZONE


def trace_arguments(
    month: dt.date, source: str, reporter: str, flow: str, partner: str, scheme: str, category: str
) -> str:
    """The arguments of `bonded trace` for a cell, which stay the same whatever other sources a home comes to hold."""
    of_flow = "" if flow == "import" else f" --flow {flow}"
    of_reporter = "" if len(TRADE[source].reporters) == 1 else f" --reporter {reporter}"
    return f"{format_month(month)} {partner} {category} --scheme {scheme}{of_flow} --source {source}{of_reporter}"
