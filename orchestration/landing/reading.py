"""Reading received bytes again, the way they were read when they arrived."""

from __future__ import annotations

from pathlib import Path

from orchestration.landing.scope import single_month
from orchestration.landing.store import Landing, Receipt
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade


def parse_receipt(landing: Landing, receipt: Receipt, workdir: Path) -> ParsedTrade:
    """Parse the bytes of a receipt as they were parsed at receiving."""
    source = landing.bytes_path(receipt.sha256)
    parse = TRADE[receipt.scope.source].parse
    return parse(source, workdir, name=receipt.name, header=receipt.header, month=single_month(receipt.scope.months))
