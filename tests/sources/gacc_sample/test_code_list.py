"""The sample's own code list: read like the customs' own, and word for word as they print these lines."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.sources.gacc_nomenclature import parse as gacc_nomenclature
from orchestration.sources.gacc_nomenclature.layout import announces_list
from orchestration.sources.gacc_sample.code_list import HEADER, YEAR, render_list, write_sample_list
from orchestration.sources.gacc_sample.figures import LINES
from tests.conftest import ENGLISH, REALDATA, csv_text, tree


def test_it_is_read_like_the_customs_own(tmp_path: Path) -> None:
    """Every line of the sample, with the units in which its trade is printed."""
    parsed = gacc_nomenclature.parse(write_sample_list(tmp_path), tmp_path / "work")
    assert (parsed.list, parsed.year, parsed.language, parsed.encoding) == ("hs8", YEAR, "en", "gb18030")
    rows = {r["code"]: r for r in pq.read_table(parsed.rows_path).to_pylist()}
    assert {code: r["name"] for code, r in rows.items()} == {line.code: line.name for line in LINES}
    assert list(rows) == sorted(rows)
    for line in LINES:
        units = ("Number of item", "Kilogram") if line.kg_each else ("Kilogram", None)
        assert (rows[line.code]["unit_1"], rows[line.code]["unit_2"]) == units


def test_the_same_bytes_every_time_and_no_part_of_them(tmp_path: Path) -> None:
    """Beside it lies its vintage, and nothing else."""
    for _ in range(2):
        path = write_sample_list(tmp_path / "lists")
        files = tree(tmp_path / "lists")
        assert set(files) == {path.name, f"{path.name}.yml"} and files[path.name] == render_list()
        assert b"Synthetic" in files[f"{path.name}.yml"] and b"vintage: 2020-01-20" in files[f"{path.name}.yml"]


LISTS = (HEADER, '"CODES","DESCRIPTION",\n', "code,zh\r\n", "\ufeff贸易方式编码,贸易方式名称\n10,一般贸易\n")
NONE = (csv_text([], ENGLISH), "", "\n", "CODES\n", '"Customs Regime code,Customs Regime\n', "贸易方式编码,美元\n")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_header_tells_a_list_from_trade(encoding: str) -> None:
    """In both encodings, and whatever else a file begins with."""
    for text in LISTS:
        if encoding == "utf-8" or not text.startswith("\ufeff"):
            assert announces_list(text.encode(encoding)), text
    assert not any(announces_list(text.encode(encoding)) for text in NONE)
    assert not announces_list(b"\xff\xfe\0\0")


@pytest.mark.realdata
def test_each_line_is_one_of_the_real_list() -> None:
    """The customs' list of 2020 has every one of them, byte for byte."""
    printed = (REALDATA / "gacc_reference" / "en-hs8-2020.csv").read_bytes().splitlines()
    ours = render_list().splitlines()
    assert len(ours) == len(LINES) + 1 and [line for line in ours if line not in printed] == []
