"""What UN Comtrade offers, and from when on it makes sense to ask it for a month."""

import datetime as dt

from orchestration.base.months import add_months
from orchestration.sources.comtrade import CHAPTERS, SOURCE
from orchestration.sources.comtrade.codes import reporters
from orchestration.sources.comtrade.parse import PARSER_VERSION, RAW_COLUMNS, SAYS, parse
from orchestration.sources.comtrade.web import WEB
from orchestration.sources.source import Source

FIRST_MONTH = dt.date(2010, 1, 1)


def release_date(month: dt.date) -> dt.date:
    """The day from which on a month may be there: the quickest reporters deliver it a month after its end.

    Most are later, and none keeps a day: whether a month is out is asked of Comtrade.
    """
    return add_months(month, 2)


OFFER = Source(
    name=SOURCE,
    publisher="United Nations Statistics Division (UN Comtrade)",
    reporters=tuple(sorted(reporters())),
    code_digits=6,
    code_system="hs",
    chapters=dict.fromkeys(CHAPTERS, FIRST_MONTH.year),
    partner_system=SOURCE,
    currencies=("USD",),
    local_currency=None,
    valuation={"import": "CIF", "export": "FOB"},
    partner_concept={"import": "country of origin", "export": "country of last known destination"},
    time_zone="UTC",
    first_month=FIRST_MONTH,
    attribution="UN Comtrade database, United Nations Statistics Division",
    partner_pattern=r"[1-9]\d{0,2}",
    parser_version=PARSER_VERSION,
    raw_columns=RAW_COLUMNS,
    says=SAYS,
    parse=parse,
    release_date=release_date,
    # One question a reporter says what has come out or was revised.
    release_cron="0 6 * * *",
    web=WEB,
    says_what_is_out=True,
    is_rounded=True,
    may_be_passed_on=False,
    terms="Copyright United Nations; for internal use, rows may not be passed on without permission, "
    "figures may be cited with their source",
)
