"""Real input from a clean home, against figures read in the files and in the press of the day."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import defaultdict
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from orchestration.sources.gacc import CHAPTERS
from tests.conftest import REAL_FILES, REALDATA, contents, copied, many, query, released

pytestmark = pytest.mark.realdata
MART = "mart_partner_category_monthly"


def test_released_in_one_go_without_an_exception(real_home: Home) -> None:
    """Nothing failed, warned of or waived; two figures that the press printed wrong are expected to differ."""
    counts = Releases(real_home).manifest().audit.counts  # type: ignore[union-attr]
    assert counts["passed"] > 400 and not any(counts[v] for v in ("broken", "failed", "warned", "waived"))
    known = query(real_home, "select gate, month::varchar from audit_results where verdict = 'expected' order by all")
    assert known == [("implied_rate", "2020-09-01"), ("implied_rate", "2023-12-01")]


def test_january_2019(real_home: Home) -> None:
    """All goods, chips and their pieces, the four types; nothing that was not received."""
    rows = query(
        real_home,
        f"select category_scheme, category_code, value_usd, quantity, quantity_unit from {MART} "
        "where partner_code = '502' and month = '2019-01-01' and category_scheme in ('all', 'ic', 'ic_type')",
    )
    found = {(scheme, code): (usd, quantity, unit) for scheme, code, usd, quantity, unit in rows}
    assert found["all", "all_goods"] == (9_211_213_264, None, None), "unlike units are never added"
    assert found["ic", "integrated_circuits"] == (1_091_536_591, 2_709_142_389, "Number of item")
    types = {code: figures[0] for (scheme, code), figures in found.items() if scheme == "ic_type"}
    assert types == {"processors_controllers": 904_264_578, "memory": 34_040_953, "amplifiers": 36_661_758,
                     "other_ic": 116_569_302}  # fmt: skip
    unknown = query(
        real_home,
        "select count(value_usd_yoy), count(partner_share_usd), count(value_local), count(value_usd_mom), "
        f"count(is_low_base) from {MART} where partner_code = '502' and month = '2019-01-01'",
    )
    assert unknown == [(0, 0, 0, 0, 0)]
    assert query(real_home, "select count(*) from mart_category_monthly") == [(0,)]
    reasons = query(
        real_home,
        "select reason from mart_category_coverage where month = '2019-01-01' and category_code = 'all_goods'",
    )
    assert reasons and "502" in reasons[0][0]
    assert query(
        real_home, "select count(distinct commodity_code), count(*) from fct_trade_monthly where month = '2019-01-01'"
    ) == [(4_613, 4_613)]
    assert query(
        real_home, "select value_usd from v_hs4_by_partner where category_code = '8542' and partner_code = '502'"
    )[0] == (1_092_738_441,)


def test_soybeans_equal_the_files(real_home: Home) -> None:
    """Every month × partner of hs4 1201, imports and exports apart, against a plain sum over the files."""
    for flow, files in (("import", ["soybeans_2023.csv", "soybeans_2024in.csv"]), ("export", ["soybeans_2024out.csv"])):
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for name in files:
            with (REALDATA / "gacc_exports" / name).open(encoding="gb18030", newline="") as stream:
                for line in csv.DictReader(stream):
                    sums[line["数据年月"], line["贸易伙伴编码"]] += int(line["人民币"].replace(",", ""))
        rows = query(
            real_home,
            "select strftime(month, '%Y%m'), partner_code, value_local, value_usd from v_hs4_by_partner "
            f"where category_code = '1201' and flow = '{flow}' and month >= '2023-01-01'",
        )
        found = {(month, partner): cny for month, partner, cny, _ in rows}
        assert all(usd is None for *_, usd in rows)
        assert {key: cny for key, cny in found.items() if cny} == {key: cny for key, cny in sums.items() if cny}
        assert set(sums) <= set(found)


def test_argentina_in_spring_2024(real_home: Home) -> None:
    """A covered month without trade is 0 with YoY −1; on a base of 0 there is no ratio."""
    rows = query(
        real_home,
        "select strftime(month, '%Y-%m'), value_local, value_local_yoy, value_usd from v_hs4_by_partner "
        "where flow = 'import' and category_code = '1201' and partner_code = '402' "
        "and month in ('2024-03-01', '2024-04-01') order by 1",
    )
    assert rows == [("2024-03", 0, -1.0, None), ("2024-04", 0, None, None)]


def test_gasoline_and_diesel_of_all_partners_together(real_home: Home) -> None:
    """Value and litres equal the file line by line; February is 0 for both; no partner has a row."""
    with (REALDATA / "gacc_exports" / "gasoline_diesel_imports_2025_zh_rmb.csv").open(
        encoding="gb18030", newline=""
    ) as stream:
        printed = {
            (line["数据年月"], line["商品编码"]): (int(line["人民币"].replace(",", "")), int(line["第二数量"]))
            for line in csv.DictReader(stream)
        }
    fact = query(
        real_home,
        "select strftime(month, '%Y%m'), commodity_code, value_local, quantity_2, unit_2, value_usd "
        "from fct_trade_world_monthly "
        "where commodity_code in ('27101210', '27101923')",
    )
    found = {(month, code): (value, litres) for month, code, value, litres, _, _ in fact}
    every = {(f"2025{m:02d}", code) for m in range(1, 13) for code in ("27101210", "27101923")}
    assert found == {key: printed.get(key, (0, 0)) for key in every}
    assert {unit for *_, value, _, unit, _ in fact if value} == {"Litre"} and all(usd is None for *_, usd in fact)
    assert found["202502", "27101210"] == found["202502", "27101923"] == (0, 0)
    by_partner = "select count(*) from fct_trade_monthly where commodity_code like '2710%' and month >= '2025-01-01'"
    assert query(real_home, by_partner) == [(0,)]


def test_the_file_without_date_and_partner(real_home: Home) -> None:
    """Three codes of the one month that was declared."""
    assert query(
        real_home,
        "select strftime(month, '%Y-%m'), commodity_code, value_usd, quantity_1, value_local "
        "from fct_trade_world_monthly "
        "where commodity_code like '29%' order by 2",
    ) == [
        ("2025-11", "29012920", 419_601, 4_333, None),
        ("2025-11", "29012990", 17_715_334, 14_198_093, None),
        ("2025-11", "29021100", 10_451, 383, None),
    ]


def test_the_undated_file_of_several_months_is_refused(tmp_path: Path) -> None:
    """Neither without a month nor with a year: its sum cannot be split."""
    file = REALDATA / "gacc_exports" / "acetylene_zh_full_rmb_no_date.csv"
    said = {"source": "gacc", "flow": "import", "hs": "29012920", "partners": "all"}
    for months, words in (({}, "no month is declared"), ({"months": "2025-01..2025-12"}, "an undated file of several")):
        with pytest.raises(RefusalError, match=words) as refused:
            receive(Home(tmp_path / "home").create(), file, Declaration.model_validate({**said, **months}))
        assert refused.value.file == file.name and "month" in str(refused.value.remedy)


@pytest.mark.series("test_unit_tests_of_the_models")
@pytest.mark.own_run("one file in twenty parts, without one of them, and whole: a home of its own")
def test_twenty_files_that_name_every_chapter_are_the_whole(tmp_path: Path) -> None:
    """In random order the same marts; without one of them no all_goods, and the coverage names its chapters."""
    source = REALDATA / "gacc_exports" / "us_imports_201901_by_regime_usd_no_header.csv"
    said = {"source": "gacc", "flow": "import", "partners": "502", "header": REAL_FILES[source.name]["header"]}
    marts = ("mart_partner_category_monthly", "mart_category_monthly", "mart_partner_category_coverage")
    lines = source.read_bytes().splitlines(keepends=True)
    parts = [CHAPTERS[n::20] for n in range(20)]
    order = random.Random(4).sample(range(20), 20)
    cut = Home(tmp_path / "cut").create()
    receipts = {}
    for n in order:
        file = tmp_path / f"part{n:02d}.csv"
        file.write_bytes(b"".join(line for line in lines if line.split(b'","')[3][:2].decode() in parts[n]))
        declaration = Declaration.model_validate({**said, "hs": ",".join(parts[n]), "months": "2019-01"})
        receipts[n] = receive(cut, file, declaration).receipt
    released(cut)
    of_parts = {name: contents(cut)[name] for name in marts}
    gone = receipts[order[0]]
    assert gone is not None
    Landing(cut).withdraw(gone.receipt_id, "to see what is missing")
    released(cut)
    assert query(cut, "select count(*) from v_all_by_partner") == [(0,)]
    (reason,) = query(
        cut,
        "select reason from mart_partner_category_coverage where category_code = 'all_goods' and partner_code = '502'",
    )[0]
    assert reason == "codes not received: " + ", ".join(parts[order[0]])
    for receipt in receipts.values():
        if receipt and receipt != gone:
            Landing(cut).withdraw(receipt.receipt_id, "the whole is one file")
    receive(cut, source, Declaration.model_validate({**said, "hs": "all"}))
    released(cut)
    assert {name: contents(cut)[name] for name in marts} == of_parts


@pytest.mark.series
@pytest.mark.parametrize("seed", range(many(5, 60)))
def test_trace_equals_a_plain_scan_of_the_files(real_home: Home, seed: int) -> None:
    """Cells chosen at random: receipts and lines, whose sum is the published number."""
    choice = random.Random(seed)
    cells = query(
        real_home,
        f"select strftime(month, '%Y-%m'), partner_code, category_scheme, category_code, flow from {MART} "
        "where coalesce(value_usd, value_local) > 0 order by all",
    )
    month, partner, scheme, category, flow = choice.choice(cells)
    found = trace(real_home, dt.date.fromisoformat(f"{month}-01"), partner, category, flow, scheme)
    prefixes = query(
        real_home,
        f"select hs_prefixes from dim_category where category_scheme = '{scheme}' and category_code = '{category}'",
    )[0][0].split(",")
    expected = {}
    for name, said in REAL_FILES.items():
        if said["flow"] == flow and said["partners"] != "world":
            lines = plain_scan(name, month, partner, prefixes)
            if lines:
                expected[name] = lines
    assert {r.file: r.lines for r in found.receipts} == {name: sorted(lines) for name, lines in expected.items()}
    total = sum(value for lines in expected.values() for value in lines.values())
    assert total == sum((r.value_usd or 0) + (r.value_local or 0) for r in found.receipts)
    assert total == (found.value_usd if found.value_usd is not None else found.value_local)


def plain_scan(name: str, month: str, partner: str, prefixes: list[str]) -> dict[int, int]:
    """Physical line → value of the rows of a file in the cell, with a csv reader only."""
    header = REAL_FILES[name].get("header")
    encoding = "gb18030" if name.startswith("soybeans") else "utf-8"
    with (REALDATA / "gacc_exports" / name).open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream)
        heads = header.split(",") if header else next(reader)
        at = {concept: next(i for i, h in enumerate(heads) if h in names) for concept, names in {
            "month": ("Date of data", "数据年月"), "partner": ("Trading partner code", "贸易伙伴编码"),
            "hs": ("Commodity code", "商品编码"), "value": ("US dollar", "人民币")}.items()}  # fmt: skip
        found = {}
        for row in reader:
            here = row[at["month"]] == month.replace("-", "") and row[at["partner"]] == partner
            if here and row[at["hs"]].startswith(tuple(prefixes)):
                found[reader.line_num] = int(row[at["value"]].replace(",", ""))
        return found


@pytest.fixture(scope="module")
def listed_home(real_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The real files with the customs' lists of commodities of 2019 and 2022, in both languages."""
    home = copied(real_home, tmp_path_factory)
    for name in ("en-hs8-2019.csv", "zh-hs8-2019.csv", "en-hs8-2022.csv", "zh-hs8-2022.csv"):
        receive_file(home, REALDATA / "gacc_reference" / name, Declaration(source="gacc_nomenclature"))
    released(home)
    return home


def test_a_code_means_something_in_its_year_only(listed_home: Home) -> None:
    """6.8 % of January 2019 lies on codes that the list of 2022 lacks, nothing on codes that its own list lacks."""
    january = "fct_trade_monthly where month = '2019-01-01' and partner_code = '502'"
    ((total, lost),) = query(
        listed_home,
        "select sum(value_usd), sum(value_usd) filter ("
        "where commodity_code not in (select commodity_code from dim_commodity "
        f"where year = 2022 and is_listed)) from {january}",
    )
    assert total == 9_211_213_264 and round(100 * lost / total, 1) == 6.8
    unlisted = query(
        listed_home,
        "select count(*) filter (where not c.is_listed), count(*) filter (where f.unit_1 is distinct from c.unit_1), "
        f"count(*) filter (where f.unit_2 is distinct from c.unit_2), count(*) from (from {january}) as f "
        "inner join dim_commodity as c on f.commodity_code = c.commodity_code and c.year = 2019",
    )
    assert unlisted == [(0, 0, 0, 4_613)], "every line is listed, in the units in which it is traded"


def test_each_year_has_the_list_that_applies(listed_home: Home) -> None:
    """Its own or the nearest earlier one; before the first, trade alone."""
    years = query(
        listed_home,
        "select year, any_value(list_year), count(*) filter (where is_listed), "
        "count(*) filter (where is_listed is null) from dim_commodity group by year order by year",
    )
    assert years[0] == (2018, None, 0, 3), "Botswana's lines of June 2018"
    assert [y[:3] for y in years[1:]] == [(2019, 2019, 8557), (2020, 2019, 8557), (2021, 2019, 8557),
                                          (2022, 2022, 8939), (2023, 2022, 8939), (2024, 2022, 8939),
                                              (2025, 2022, 8939)]  # fmt: skip
    chips = query(
        listed_home,
        "select commodity_name, commodity_name_zh, section, unit_1, unit_2 from dim_commodity "
        "where commodity_code = '85423190' and year = 2021",
    )
    name = "Other integrated circuits, as processors and controllers"
    assert [(*c[:1], *c[2:]) for c in chips] == [(name, "XVI", "Number of item", "Kilogram")] and chips[0][1]


def test_a_list_changes_no_figure_and_no_category(real_home: Home, listed_home: Home) -> None:
    """Thousands of lines more, those of categories among them, and every other table as it was."""
    before, after = contents(real_home), contents(listed_home)
    tables = {t for t in before if before[t] != after[t]} - {"audit_results", "release_info"}
    assert tables == {"dim_category_line", "dim_commodity"}
    lists = Releases(listed_home).manifest().code_lists
    assert [(entry.list, entry.year, entry.language) for entry in lists] == [
        ("hs8", 2019, "en"), ("hs8", 2019, "zh"), ("hs8", 2022, "en"), ("hs8", 2022, "zh"),
    ]  # fmt: skip
