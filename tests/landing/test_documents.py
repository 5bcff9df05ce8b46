"""Receiving documents: bulletins and exchange rates, declared by their source alone, never mixed with the sample."""

from __future__ import annotations

import csv
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.automation.sensors import new_files
from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.settings import DBT_PROJECT, Home
from orchestration.landing import receive as trade
from orchestration.landing.code_lists import ReceivedList
from orchestration.landing.documents import ReceivedDocument
from orchestration.landing.inbox import take_in
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import DocumentReceipt, Landing
from orchestration.releases.store import Manifest, Releases
from orchestration.sources.catalogue import (
    CODE_LISTS,
    DOCUMENT_SOURCES,
    DOCUMENTS,
    LIST_SOURCES,
    SOURCES,
    SYNTHETIC_SOURCES,
)
from orchestration.sources.gacc_bulletin import parse as gacc_bulletin
from orchestration.sources.gacc_sample.code_list import write_sample_list
from orchestration.terminal.doctor import examine
from orchestration.warehouse import snapshot
from orchestration.warehouse.raw_documents import (
    READERS,
    document_path,
    missing_raw,
    receipts_of,
    write_document,
    write_schema,
)
from orchestration.warehouse.units import month_fingerprints
from tests.conftest import build_database, declared, hs8_list, query, released, row, tree, write_csv

RATES = "month,cny_per_usd\n2024-01,7.1\n2024-02,7.2\n"
PAGE = "<html><title>(2) China's Total Export &amp; Import Values, June 2025</title></html>"
VINTAGES = (None, "2025-07-20")


def rates(path: Path, text: str = RATES) -> Path:
    """A file of exchange rates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def page(path: Path, text: str = PAGE) -> Path:
    """A page of a bulletin; what is read in it does not depend on the text."""
    return rates(path, text)


@pytest.fixture(autouse=True)
def bulletins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser of bulletins that finds one figure in every page: these tests are about receiving."""

    def parse(source: Path, workdir: Path, name: str | None = None) -> gacc_bulletin.ParsedBulletin:
        assert source.read_bytes().startswith(b"<html") and name
        workdir.mkdir(parents=True)
        month = dt.date(2025, 6, 1)
        figure = {
            "line": 7,
            "row_label": "Integrated circuits\x03",
            "period_from": month,
            "period_to": month,
            "measure": "value",
            "value": Decimal("15100000000"),
        }
        table = pa.Table.from_pylist([figure], schema=gacc_bulletin.ROW_SCHEMA)
        pq.write_table(table, workdir / "rows.parquet")
        return gacc_bulletin.ParsedBulletin(
            workdir / "rows.parquet", "major_exports", "Major exports", month, "utf-8", 1,
            ("the heads say 5, the title June",), flow="export", currency="USD",
        )  # fmt: skip

    monkeypatch.setattr(gacc_bulletin, "parse", parse)


def received(
    home: Home, file: Path, vintage: str | None = None, source: str = "exchange_rates", dry_run: bool = False
) -> ReceivedDocument:
    """Receive a document, of a vintage if one is given."""
    said = Declaration(source=source, vintage=dt.date.fromisoformat(vintage) if vintage else None)
    outcome = receive_file(home, file, said, dry_run=dry_run)
    assert isinstance(outcome, ReceivedDocument)
    return outcome


def receipt_of(outcome: ReceivedDocument) -> DocumentReceipt:
    """The receipt, which must be there."""
    assert outcome.receipt is not None
    return outcome.receipt


def test_every_source_is_of_one_kind() -> None:
    """The one list names all, and what is neither list nor document is trade."""
    assert len(SOURCES) == len(set(SOURCES))
    trade = set(SOURCES) - LIST_SOURCES - DOCUMENT_SOURCES
    assert trade == {"gacc", "gacc_sample", "comtrade"} and trade >= SYNTHETIC_SOURCES
    assert set(DOCUMENTS) | {CODE_LISTS.SOURCE} == set(SOURCES) - trade


def test_rates_say_themselves_what_they_are(home: Home, tmp_path: Path) -> None:
    """The record stands under the one numbering, and everything that looks at landing knows it."""
    receive(home, write_csv(tmp_path / "us.csv", [row()]), declared())
    hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"})
    receive_file(home, tmp_path / "lines.csv", Declaration(source="gacc_nomenclature"))
    file = rates(tmp_path / "rates.csv")
    receipt = receipt_of(received(home, file, "2024-03-01"))
    assert (receipt.sequence, receipt.source, receipt.table) == (3, "exchange_rates", "cny_per_usd_monthly")
    assert (receipt.month, receipt.rows, receipt.encoding, receipt.remarks) == (dt.date(2024, 2, 1), 2, "utf-8", ())
    state = Landing(home).state()
    assert state.documents == (receipt,) and state.received[-1] == receipt and len(state.received) == 3
    assert len(state.receipts) == len(state.code_lists) == 1 and state.until(2).documents == ()
    assert Landing(home).bytes_path(receipt.sha256).read_bytes() == file.read_bytes()
    (finding,) = [f for f in examine(home) if f.check == "landing"]
    assert finding.ok and finding.detail.startswith("3 receipts")
    Landing(home).bytes_path(receipt.sha256).write_bytes(b"x")
    assert not next(f for f in examine(home) if f.check == "landing").ok


def test_what_models_see_of_documents(home: Home, tmp_path: Path) -> None:
    """Ranked by vintage, then sequence, over all sources; one that is withdrawn is not there; none is a file, too."""
    folder = tmp_path / "snapshot"
    snapshot.write(Landing(home).state(), folder)
    assert pq.read_table(folder / "document.parquet").num_rows == 0
    late = receipt_of(received(home, page(tmp_path / "a.html"), "2025-07-20", source="gacc_bulletin"))
    early = receipt_of(received(home, rates(tmp_path / "rates.csv"), "2024-03-01"))
    snapshot.write(Landing(home).state(), folder)
    first, second = pq.read_table(folder / "document.parquet").to_pylist()
    assert first == {
        "receipt_id": early.receipt_id,
        "parser_version": "rates2",
        "precedence": 1,
        "source": "exchange_rates",
        "table_name": "cny_per_usd_monthly",
        "title": "CNY per USD, monthly averages, 2024-01..2024-02",
        "month": dt.date(2024, 2, 1),
        "vintage": dt.date(2024, 3, 1),
        "name": "rates.csv",
        "request": None,
    }
    assert (second["receipt_id"], second["precedence"], second["parser_version"]) == (late.receipt_id, 2, "bulletin1")
    Landing(home).withdraw(late.receipt_id, "a trial")
    snapshot.write(Landing(home).state(), folder)
    assert pq.read_table(folder / "document.parquet")["receipt_id"].to_pylist() == [early.receipt_id]


def test_raw_rows_of_documents(home: Home, tmp_path: Path) -> None:
    """Each source's in a folder of its own, written once, each row with its receipt and version; and one of no rows."""
    lists = write_sample_list(tmp_path / "lists")
    receive_file(home, lists, Declaration(source="gacc_sample"))
    synthetic = Landing(home).state()
    real = Home(tmp_path / "real").create()
    bulletin = receipt_of(received(real, page(tmp_path / "a.html"), source="gacc_bulletin"))
    rate = receipt_of(received(real, rates(tmp_path / "rates.csv")))
    withdrawn = receipt_of(received(real, rates(tmp_path / "more.csv", RATES + "2024-03,7.3\n")))
    Landing(real).withdraw(withdrawn.receipt_id, "a trial")
    state = Landing(real).state()
    assert missing_raw(real, state) == list(READERS) and missing_raw(home, synthetic) == list(READERS)
    for place, records in ((home, synthetic), (real, state)):
        for reader in READERS.values():
            write_schema(place, reader)
            assert all(write_document(place, reader, receipt) for receipt in receipts_of(reader, records))
        assert missing_raw(place, records) == []
    files = tree(real.raw)
    assert set(files) == {
        "gacc_nomenclature/none.list1.parquet",
        "comtrade_annual/none.annual1.parquet",
        "gacc_bulletin/none.bulletin1.parquet",
        f"gacc_bulletin/{bulletin.receipt_id}.bulletin1.parquet",
        "exchange_rates/none.rates2.parquet",
        f"exchange_rates/{rate.receipt_id}.rates2.parquet",
    }
    assert set(tree(home.raw)) == {
        "gacc_nomenclature/none.list1.parquet",
        "comtrade_annual/none.annual1.parquet",
        f"gacc_nomenclature/{synthetic.lists[0].receipt_id}.list1.parquet",
        "gacc_bulletin/none.bulletin1.parquet",
        "exchange_rates/none.rates2.parquet",
    }
    rows = duckdb.sql(f"from read_parquet('{real.raw}/exchange_rates/*.parquet') order by line").fetchall()
    assert [r[:3] for r in rows] == [(rate.receipt_id, "rates2", line) for line in (2, 3)]
    figures = duckdb.sql(f"from read_parquet('{real.raw}/gacc_bulletin/*.parquet')")
    assert figures.columns == ["receipt_id", "parser_version", *gacc_bulletin.ROW_SCHEMA.names]
    for reader in READERS.values():
        write_schema(real, reader)
        assert not any(write_document(real, reader, receipt) for receipt in receipts_of(reader, state))
    assert tree(real.raw) == files
    document_path(real, READERS["exchange_rates"], rate).unlink()
    assert missing_raw(real, state) == ["exchange_rates"]


def test_documents_touch_no_month(home: Home, tmp_path: Path) -> None:
    """What is printed elsewhere rebuilds no trade."""
    receive(home, write_csv(tmp_path / "us.csv", [row("202401")]), declared())
    before = month_fingerprints(Landing(home).state())
    received(home, rates(tmp_path / "rates.csv"))
    assert month_fingerprints(Landing(home).state()) == before and before


@pytest.mark.parametrize("vintage", VINTAGES)
def test_a_bulletin(home: Home, tmp_path: Path, vintage: str | None) -> None:
    """What its parser saw, remarks included; its vintage is that of everything else."""
    receipt = receipt_of(received(home, page(tmp_path / "a.html"), vintage, source="gacc_bulletin"))
    said = {"table": "major_exports", "title": "Major exports", "month": dt.date(2025, 6, 1), "rows": 1}
    assert receipt.model_dump(include=set(said)) == said and receipt.source == "gacc_bulletin"
    assert receipt.remarks == ("the heads say 5, the title June",)
    beijing = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    assert str(receipt.vintage) == (vintage or str(beijing))
    assert Landing(home).state().documents == (receipt,), "as it is read from disk"


def test_the_same_bytes_again(home: Home, tmp_path: Path) -> None:
    """Nothing new, unless at another vintage; withdrawn ones are new again, but not in the inbox."""
    file = rates(tmp_path / "rates.csv")
    first = receipt_of(received(home, file, "2024-03-01"))
    for vintage in (None, "2024-03-01"):
        again = received(home, file, vintage)
        assert not again.is_new and again.receipt == first
    later, early = (receipt_of(received(home, file, v)) for v in ("2024-06-01", "2024-02-29"))
    assert Landing(home).state().documents == (early, first, later), "by vintage, then sequence"
    for receipt in (first, later, early):
        Landing(home).withdraw(receipt.receipt_id, "a trial")
    assert Landing(home).state().documents == () and len(Landing(home).state().papers) == 3
    with pytest.raises(RefusalError, match="withdrawn already"):
        Landing(home).withdraw(first.receipt_id, "again")
    rates(home.inbox / "exchange_rates" / "rates.csv")
    assert not take_in(home).received and not take_in(home).refused and not new_files(home)
    assert received(home, file).is_new


REFUSED = {
    "flow": ("exchange_rates", {"flow": "import"}, "flow does not fit the source exchange_rates: a document has no"),
    "scope": ("gacc_bulletin", {"hs": "all", "months": "2025-06"}, "months, hs do not fit"),
    "dataset": ("exchange_rates", {"dataset": "us_chips"}, "dataset us_chips says source gacc"),
    "future": ("exchange_rates", {"vintage": "2999-01-01"}, "lies in the future"),
    "unknowable": ("exchange_rates", {"vintage": "2024-02-28"}, "month 2024-02 ends after the vintage 2024-02-28"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_declaration_that_does_not_fit(home: Home, tmp_path: Path, case: str) -> None:
    """Landing stays as it was."""
    source, said, message = REFUSED[case]
    file = page(tmp_path / "x") if source == "gacc_bulletin" else rates(tmp_path / "x")
    with pytest.raises(RefusalError, match=message):
        receive_file(home, file, Declaration.model_validate({"source": source, **said}))
    assert Landing(home).state().sequence == 0 and not list(home.landing.glob("bytes/*/*"))


def test_a_month_that_has_not_ended(home: Home, tmp_path: Path) -> None:
    """Its average cannot be known today, whatever is printed."""
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=31)
    with pytest.raises(RefusalError, match="ends after the vintage"):
        received(home, rates(tmp_path / "r.csv", f"month,cny_per_usd\n{soon:%Y-%m},7.1\n"))


def test_a_file_that_is_no_rates(home: Home, tmp_path: Path) -> None:
    """Trade under this source is refused by what stands in it, and the other way round."""
    with pytest.raises(RefusalError, match="no header of exchange rates"):
        received(home, write_csv(tmp_path / "us.csv", [row()]))
    with pytest.raises(RefusalError, match="month"):
        receive_file(home, rates(tmp_path / "r.csv"), declared())
    assert Landing(home).state().sequence == 0


def test_real_and_synthetic_documents(home: Home, tmp_path: Path) -> None:
    """A home that begins with a document is real, and a synthetic one takes none (rule 7)."""
    file, trade_file = rates(tmp_path / "rates.csv"), write_csv(tmp_path / "us.csv", [row()])
    received(home, file)
    with pytest.raises(RefusalError, match=r"holds real receipts \(source exchange_rates\)"):
        receive(home, trade_file, declared(source="gacc_sample"))
    assert Landing(home).state().is_synthetic is False
    synthetic = Home(tmp_path / "synthetic").create()
    receive(synthetic, trade_file, declared(source="gacc_sample"))
    for source, document in (("exchange_rates", file), ("gacc_bulletin", page(tmp_path / "a.html"))):
        with pytest.raises(RefusalError, match=f"holds synthetic receipts .*; {source} never shares it"):
            received(synthetic, document, source=source)


def test_a_dry_run_shows_what_was_seen(home: Home, tmp_path: Path) -> None:
    """Table, title, last month, figures; nothing is changed."""
    before = tree(home.landing)
    outcome = received(home, rates(tmp_path / "rates.csv"), "2024-03-01", dry_run=True)
    assert outcome.receipt is None and outcome.is_new and outcome.parsed is not None and outcome.figures is not None
    assert outcome.figures["cny_per_usd"].to_pylist() == [Decimal("7.1"), Decimal("7.2")]
    assert (outcome.parsed.table, outcome.vintage) == ("cny_per_usd_monthly", dt.date(2024, 3, 1))
    assert {k for k in tree(home.landing) if k != ".lock"} == {k for k in before if k != ".lock"}


def test_the_sample_has_a_code_list_of_its_own(home: Home, tmp_path: Path) -> None:
    """Under its own source, which the header tells from trade; it makes a home synthetic, and a real one refuses it."""
    file = write_sample_list(tmp_path / "lists")
    said = Declaration(source="gacc_sample")
    first = receive_file(home, file, said)
    assert isinstance(first, ReceivedList) and first.receipt is not None and first.receipt.rows == 24
    assert (first.receipt.source, first.receipt.subject) == ("gacc_sample", ("hs8", 2020, "en"))
    again = receive_file(home, file, said)
    assert not again.is_new and Landing(home).state().is_synthetic
    with pytest.raises(RefusalError, match="holds synthetic receipts"):
        receive_file(home, file, Declaration(source="gacc_nomenclature"))
    assert receive_file(home, write_csv(tmp_path / "us.csv", [row()]), declared(source="gacc_sample")).is_new
    with pytest.raises(RefusalError, match="flow, hs, partners do not fit the source gacc_sample: a code list"):
        receive_file(home, file, declared(source="gacc_sample", vintage="2020-01-20"))
    real = Home(tmp_path / "real").create()
    received(real, rates(tmp_path / "rates.csv"))
    with pytest.raises(RefusalError, match="holds real receipts"):
        receive_file(real, file, said)


def test_a_file_of_the_sample_that_cannot_be_read(home: Home, tmp_path: Path) -> None:
    """Looking at its header does not stand in the way of saying so."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_bytes(b"")
    for name, message in (("folder", "no such file"), ("empty.csv", "no bytes")):
        with pytest.raises(RefusalError, match=message):
            receive_file(home, tmp_path / name, declared(source="gacc_sample"))


def test_a_folder_of_the_inbox_may_name_a_source(home: Home) -> None:
    """It says the source and no more: the rest stands in a sidecar, or is refused; datasets go on as before."""
    rates(home.inbox / "exchange_rates" / "2024" / "rates.csv")
    page(home.inbox / "gacc_bulletin" / "a.html")
    (home.inbox / "gacc_bulletin" / "a.html.yml").write_text("vintage: 2025-07-20\n", encoding="utf-8")
    hs8_list(home.inbox / "gacc_nomenclature" / "lines.csv", 2019, {"01012100": "Horses"})
    scope = "flow: import\nhs: [8542]\npartners: [502]\nvintage: 2024-12-20\n"
    for name, sidecar in (("whole.csv", scope), ("bare.csv", None)):
        file = write_csv(home.inbox / "gacc" / name, [row()])
        if sidecar:
            file.with_name(f"{name}.yml").write_text(sidecar, encoding="utf-8")
    write_csv(home.inbox / "us_chips" / "us.csv", [row("202402")])
    assert len(new_files(home)) == 6
    outcome = take_in(home)
    state = Landing(home).state()
    assert len(outcome.received) == 5 and not new_files(home)
    assert "flow, hs, partners missing" in outcome.refused[0][1].what and outcome.refused[0][0].name == "bare.csv"
    assert {d.source: str(d.vintage) for d in state.documents}["gacc_bulletin"] == "2025-07-20"
    assert [r.dataset for r in state.receipts] == [None, "us_chips"] and len(state.code_lists) == 1


def test_the_samples_folder(home: Home) -> None:
    """Its list and its trade lie side by side."""
    write_sample_list(home.inbox / "gacc_sample")
    file = write_csv(home.inbox / "gacc_sample" / "us.csv", [row()])
    file.with_name("us.csv.yml").write_text("flow: import\nhs: [8542]\npartners: [502]\n", encoding="utf-8")
    assert len(take_in(home).received) == 2
    state = Landing(home).state()
    assert (str(state.code_lists[0].vintage), state.receipts[0].source) == ("2020-01-20", "gacc_sample")


def test_a_folder_that_contradicts_its_sidecar(home: Home) -> None:
    """One of the two is wrong; the file is set aside."""
    file = rates(home.inbox / "exchange_rates" / "rates.csv")
    file.with_name("rates.csv.yml").write_text("source: gacc_bulletin\n", encoding="utf-8")
    ((place, error),) = take_in(home).refused
    assert place.parent.name == "rejected" and "says source exchange_rates" in error.what


def test_a_sidecar_is_read_once(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What chooses the way of a file and what is recorded are one reading, whatever happens to the sidecar between."""
    seen: list[str] = []
    load = strict_yaml.load
    monkeypatch.setattr(trade.strict_yaml, "load", lambda path, model: (seen.append(path.name), load(path, model))[1])
    file = rates(tmp_path / "rates.csv")
    file.with_name("rates.csv.yml").write_text("source: exchange_rates\nvintage: 2024-03-01\n", encoding="utf-8")
    outcome = receive_file(home, file, Declaration())
    assert isinstance(outcome, ReceivedDocument) and str(outcome.vintage) == "2024-03-01"
    assert seen == ["rates.csv.yml"]


OLD = """{"kind": "code_list", "sequence": 1, "receipt_id": "r000001-0f1e2d3c", "sha256": "0f1e2d3c", "bytes": 9,
 "name": "en-hs8-2019.csv", "received_at": "2026-01-05T08:00:00Z", "vintage": "2019-01-05",
 "source": "gacc_nomenclature", "list": "hs8", "year": 2019, "language": "en", "encoding": "gb18030", "rows": 8}"""


def test_records_of_older_homes_read(home: Home) -> None:
    """As they were written before there were documents."""
    (home.landing / "records").mkdir(parents=True)
    (home.landing / "records" / "000001.json").write_text(OLD, encoding="utf-8")
    state = Landing(home).state()
    assert state.code_lists[0].subject == ("hs8", 2019, "en") and state.documents == () and not state.is_synthetic


@pytest.mark.own_run("documents must pass through a build")
def test_a_release_is_built_from_documents(small: Home, tmp_path: Path) -> None:
    """A received rate goes before the reviewed one, the latest vintage before others; the release names them all."""
    before = Releases(small).manifest()
    assert before.documents == []
    assert query(small, "select count(receipt_id) from fct_exchange_rate_monthly") == [(0,)]
    late = receipt_of(received(small, rates(tmp_path / "b.csv", "month,cny_per_usd\n2024-02,8.5\n"), "2024-05-01"))
    early = receipt_of(received(small, rates(tmp_path / "a.csv", RATES.replace("7.1", "8.1")), "2024-03-01"))
    bulletin = receipt_of(received(small, page(tmp_path / "a.html"), "2025-07-20", source="gacc_bulletin"))
    released(small)
    with (DBT_PROJECT / "seeds" / "exchange_rates.csv").open(encoding="utf-8", newline="") as stream:
        seed = {r["month"]: Decimal(r["cny_per_usd"]) for r in csv.DictReader(stream)}
    found = query(small, "select strftime(month, '%Y-%m'), cny_per_usd, receipt_id, vintage, source "
                  "from fct_exchange_rate_monthly order by month")  # fmt: skip
    received_rates = {r[0]: r[1:] for r in found if r[2]}
    assert received_rates == {
        "2024-01": (Decimal("8.1"), early.receipt_id, dt.date(2024, 3, 1), early.title),
        "2024-02": (Decimal("8.5"), late.receipt_id, dt.date(2024, 5, 1), late.title),
    }
    assert {r[0]: r[1] for r in found if not r[2]} == {m: v for m, v in seed.items() if m not in received_rates}
    with build_database(small) as con:
        figures = con.execute("select receipt_id, row_label, value from stg_gacc_bulletin__figure").fetchall()
    assert figures == [(bulletin.receipt_id, "Integrated circuits\x03", Decimal(15_100_000_000))]
    after = Releases(small).manifest()
    assert [d.receipt_id for d in after.documents] == [early.receipt_id, late.receipt_id, bulletin.receipt_id]
    assert (after.documents[2].table, after.documents[2].month) == ("major_exports", dt.date(2025, 6, 1))
    changed = {t for t in after.tables if after.tables[t] != before.tables[t]}
    assert changed == {"fct_exchange_rate_monthly"}, "documents change no figure of trade"
    assert not after.same_content(after.model_copy(update={"documents": after.documents[:2]}))
    old = json.loads(after.model_dump_json())
    del old["documents"]
    assert Manifest.model_validate(old).documents == [], "a release of an earlier version reads"
