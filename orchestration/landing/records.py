"""The records of landing: receipts of trade, code lists and other documents, withdrawals, and datasets made active.

Belongs here: what one record says. Not here: which of them count (`state`), how they are kept (`store`).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestration.landing.scope import Months, Scope
from orchestration.sources.catalogue import SYNTHETIC_SOURCES


class ReceivedMonth(BaseModel):
    """What a file was seen to print for one month when it was received: rows, and their value in whole units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: dt.date
    rows: int
    value: int


class Fetched(BaseModel):
    """How an answer came over the network. `request`: the text of the question, which declares what the answer holds;
    `address`: where it was asked, without any key; `is_own`: whether that is the publisher's or a mirror of it;
    `marks`: by month (YYYY-MM) what the publisher's figures were known by, so that a revision is seen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    address: str
    status: int
    etag: str | None = None
    last_modified: str | None = None
    fetched_at: dt.datetime
    is_own: bool
    marks: dict[str, str] = Field(default_factory=dict)

    def __hash__(self) -> int:
        """Receipts are keys; their marks are not to be changed either, but have no hash of their own."""
        return hash((self.request, self.fetched_at))


def is_made_up(source: str, fetched: Fetched | None) -> bool:
    """Whether figures are synthetic: their source makes them up, or they came from nowhere that it is known by."""
    return source in SYNTHETIC_SOURCES or (fetched is not None and not fetched.is_own)


class Receipt(BaseModel):
    """The event of receiving bytes under a declared scope. `remarks`: what is odd about that scope for these bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["receipt"] = "receipt"
    sequence: int
    receipt_id: str
    sha256: str
    bytes: int
    name: str
    received_at: dt.datetime
    dataset: str | None
    vintage: dt.date
    header: str | None
    scope: Scope
    printed: Months | None
    encoding: str
    content: tuple[ReceivedMonth, ...]
    remarks: tuple[str, ...] = ()
    fetched: Fetched | None = None

    @property
    def source(self) -> str:
        """Where the rows come from."""
        return self.scope.source

    @property
    def is_synthetic(self) -> bool:
        """Whether its figures are made up."""
        return is_made_up(self.source, self.fetched)


class UnscopedReceipt(BaseModel):
    """The event of receiving what has no scope of trade: it says itself what it is, under a declared source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    receipt_id: str
    sha256: str
    bytes: int
    name: str
    received_at: dt.datetime
    vintage: dt.date
    source: str
    fetched: Fetched | None = None

    @property
    def is_synthetic(self) -> bool:
        """Whether what it says is made up."""
        return is_made_up(self.source, self.fetched)


class CodeListReceipt(UnscopedReceipt):
    """The event of receiving a code list. `list`: hs8, partner, regime or province; `language`: en or zh; `year`: the
    year whose list of commodities it is, None for the other lists.
    """

    kind: Literal["code_list"] = "code_list"
    list: str
    year: int | None
    language: str
    encoding: str
    rows: int

    @property
    def subject(self) -> tuple[str, int | None, str]:
        """List, year and language: of one subject the latest counts, by vintage and sequence."""
        return self.list, self.year, self.language


class DocumentReceipt(UnscopedReceipt):
    """The event of receiving a document: printed figures that are no trade by cell.

    `table`: which of the source's tables it is; `month`: the last month it speaks of; `remarks`: what was odd in it.
    """

    kind: Literal["document"] = "document"
    table: str
    title: str
    month: dt.date
    encoding: str
    rows: int
    remarks: tuple[str, ...] = ()


class Withdrawal(BaseModel):
    """The event of declaring a receipt wrong; it counts no longer, from the next build on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["withdrawal"] = "withdrawal"
    sequence: int
    receipt_id: str
    reason: str
    withdrawn_at: dt.datetime


class Activation(BaseModel):
    """The event of naming a dataset, or a source of documents, that the home is to be fetched: no receipt is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["activation"] = "activation"
    sequence: int
    dataset: str
    activated_at: dt.datetime


#: Everything that was received, trade or not.
AnyReceipt = Receipt | CodeListReceipt | DocumentReceipt
AnyRecord = Receipt | CodeListReceipt | DocumentReceipt | Withdrawal | Activation
Record = Annotated[AnyRecord, Field(discriminator="kind")]
