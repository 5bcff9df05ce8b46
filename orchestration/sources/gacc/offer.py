"""What China's customs offer for download (docs/receiving.md tells what the files look like)."""

from orchestration.sources.gacc import CHAPTER_99_SINCE, CHAPTERS, REPORTER, SOURCE
from orchestration.sources.gacc.calendar import (
    BEIJING,
    DETAIL_DAY,
    FIRST_MONTH,
    bulletin_release_from,
    detail_release_date,
)
from orchestration.sources.gacc.parse import PARSER_VERSION, TRUNCATED_AT, parse
from orchestration.sources.gacc.rows import RAW_COLUMNS
from orchestration.sources.source import Source

OFFER = Source(
    name=SOURCE,
    publisher="General Administration of Customs of China (GACC)",
    reporters=(REPORTER,),
    code_digits=8,
    code_system=SOURCE,
    chapters={**dict.fromkeys(CHAPTERS, FIRST_MONTH.year), "99": CHAPTER_99_SINCE},
    partner_system=SOURCE,
    currencies=("USD", "CNY"),
    local_currency="CNY",
    valuation={"import": "CIF", "export": "FOB"},
    partner_concept={"import": "country of origin", "export": "country of final destination"},
    time_zone=BEIJING.key,
    first_month=FIRST_MONTH,
    attribution="General Administration of Customs of China, customs statistics",
    partner_pattern=r"\d{3}",
    parser_version=PARSER_VERSION,
    raw_columns=RAW_COLUMNS,
    parse=parse,
    release_date=detail_release_date,
    bulletin_release_from=bulletin_release_from,
    row_limit=TRUNCATED_AT,
    release_cron=f"0 17 {DETAIL_DAY} * *",
    terms="Published for the public; the query site must not be automated, so that files are downloaded by hand",
)
