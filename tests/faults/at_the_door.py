"""Files that should never have been downloaded, and are refused at the door.

Belongs here: what a file itself, or its declaration, shows. Not here: what only the audit sees (`arriving`).
"""

from __future__ import annotations

from tests.faults.deliveries import (
    EVERYTHING,
    PARTNER,
    as_many_as_the_site_gives,
    damaged,
    one,
    one_more,
    same,
    scaled,
    stopped,
)
from tests.faults.table import Fault, Result, refused

REFUSED = (
    Fault(
        "a download cut at 10,000 rows",
        stopped(as_many_as_the_site_gives),
        refused("exactly 10,000 rows: the site cuts a download there without saying so (line 10001)"),
    ),
    Fault(
        "a file cut in the middle of a line",
        damaged(lambda content: content[:-40]),
        refused("a quote is opened and never closed (line 622)"),
    ),
    Fault(
        "bytes that are no text",
        damaged(lambda content: content.replace(b"Kilogram", b"\xff\xff\xff\xff", 1)),
        refused("byte 174 of the line cannot be decoded as GB18030 (illegal multibyte sequence) (line 2)"),
    ),
    Fault(
        "a column left out of the header",
        damaged(lambda content: content.replace(b'"Commodity code",', b"", 1)),
        refused("the file has no column 'Commodity code' (商品编码) (line 1)"),
    ),
    Fault(
        "a heading that nobody knows",
        damaged(lambda content: content.replace(b"US dollar", b"Euro", 1)),
        refused("column 12 is unknown (line 1)"),
    ),
    Fault(
        "the cells of a row shifted by one",
        stopped(one(Commodity_code="United States", Commodity="85423190")),
        refused("'United States' is not a code of 2, 4, 6 or 8 digits (line 5)"),
    ),
    Fault(
        "a row TOTAL",
        stopped(one(Commodity_code="TOTAL")),
        refused("'TOTAL' is not a code of 2, 4, 6 or 8 digits (line 5)"),
    ),
    Fault(
        "codes of six digits among eight",
        stopped(one(Commodity_code="854231")),
        refused("codes of 6 and 8 digits are mixed: totals would be added to their parts (line 5)"),
    ),
    Fault(
        "no partner in a row",
        stopped(one(Trading_partner_code="")),
        refused("'' is not a partner code of 3 digits (line 5)"),
    ),
    Fault(
        "no value in a row",
        stopped(one(US_dollar="—")),
        refused("'—' is not a number (digits and thousands separators only) (line 5)"),
    ),
    Fault(
        "a value that no 64 bits add up",
        stopped(one(US_dollar="9223372036854775807")),
        refused(
            "9,223,372,036,854,775,807 is more than one row of trade can say (at most 10,000,000,000,000 USD) (line 5)"
        ),
    ),
    Fault(
        "the download in a ZIP archive",
        damaged(lambda content: b"PK\x03\x04" + content),
        refused("this is a ZIP archive"),
    ),
    Fault(
        "the file saved as Unicode text",
        damaged(lambda content: content.decode("gb18030").encode("utf-16")),
        refused("the text is in UTF-16, as spreadsheets save 'Unicode text'"),
    ),
    Fault(
        "semicolons between cells",
        damaged(lambda content: content.replace(b'","', b'";"')),
        refused("its cells are separated by semicolons, not by commas (line 1)"),
    ),
    Fault(
        "the result page instead of the download",
        damaged(lambda content: b"<table><tr><td>" + content),
        refused("this is a saved result page, a table in HTML, not a CSV file (line 1)"),
    ),
    Fault(
        "two downloads in one file",
        damaged(lambda content: content + content),
        refused("'Date of data' is not a month (YYYYMM): a second header stands in the middle (line 623)"),
    ),
    Fault(
        "a leading zero lost in a spreadsheet",
        stopped(one(Commodity_code="1012100")),
        refused(
            "'1012100' is not a code of 2, 4, 6 or 8 digits; it has 7 digits: a leading zero was lost, as "
            "spreadsheets do it (line 5)"
        ),
    ),
    Fault(
        "a negative value",
        stopped(one(US_dollar="-5")),
        refused("'-5' is not a number (digits and thousands separators only) (line 5)"),
    ),
    Fault(
        "a negative quantity",
        stopped(one(Quantity="-5")),
        refused("'-5' is not a number (digits and thousands separators only) (line 5)"),
    ),
    Fault(
        "a partner twice in a file",
        stopped(lambda rows: rows + [r for r in rows if r[PARTNER] == "143"]),
        refused(
            "the key (month 2024-10, hs_code 85423190, partner_code 143, regime_code 14) stands twice, "
            "first on line 2 (line 623)"
        ),
    ),
    Fault(
        "exports mixed among imports",
        stopped(lambda rows: rows + scaled(0.3)(rows)),
        refused(
            "the key (month 2024-10, hs_code 85423190, partner_code 143, regime_code 14) stands twice, "
            "first on line 2 (line 623)"
        ),
    ),
    Fault(
        "a month outside the declared ones",
        stopped(one(Date_of_data="202409"), months="2024-10"),
        refused("2024-09 lies outside the declared months 2024-10 (line 5)"),
    ),
    Fault(
        "a code that was not asked for",
        stopped(one(Commodity_code="85171300")),
        refused("85171300 lies outside the declared hs 8471,847330,8486,8541,8542 (line 5)"),
    ),
    Fault(
        "a partner that was not asked for",
        stopped(one_more, **{**EVERYTHING, "flow": "import", "partners": "502"}),
        refused("143 lies outside the declared partners 502 (line 2)"),
    ),
    Fault(
        "a month that had not ended",
        stopped(same, vintage="2024-10-20"),
        refused("month 2024-10 ends after the vintage 2024-10-20: it could not be known then"),
    ),
    Fault(
        "dollars where yuan are promised",
        stopped(one_more, dataset="sample_chips_cny"),
        refused("the header prints USD, but CNY is declared"),
    ),
    Fault(
        "imports received as exports too",
        stopped(same, flow="export", **EVERYTHING),
        refused(
            "the same bytes were received as r000026-8705c007 under another declaration (source "
            "gacc_sample, flow import, months 2024-10, hs 8471,847330,8486,8541,8542, partners all)"
        ),
    ),
    Fault(
        "real trade in a synthetic home",
        stopped(same, **{**EVERYTHING, "source": "gacc", "flow": "import"}),
        refused("this home holds synthetic receipts (source gacc_sample); gacc never shares it"),
    ),
    Fault("the same bytes again", stopped(same, vintage="2024-11-20"), Result("known")),
)
