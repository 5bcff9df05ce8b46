"""The files of a picture, each of which can leave alone: its data as CSV on the Web, and itself as SVG and PNG.

Belongs here: what is written beside the page. Not here: the page (`page`), nor shapes (`drawing`).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from orchestration.base.months import format_month
from orchestration.pages.drawing import Drawing, Plot
from orchestration.pages.figures import key_text, new_year, value_text
from orchestration.pages.pictures import Picture
from orchestration.pages.series import Series
from orchestration.warehouse.dbt import published_nodes
from orchestration.warehouse.measures import measures

WIDTH, HEIGHT = 900.0, 520.0
#: How many days of Lunar New Years have room in a line: the latest.
NEW_YEARS = 10
#: Pixels a unit of a picture's size.
PNG_SCALE = 1.5
#: The look of a picture that stands by itself.
STYLE = """
text{font-family:"Source Sans 3","Liberation Sans",Arial,sans-serif;font-size:13px;fill:#3c424c}
.title{font-size:24px;font-weight:bold;fill:#16191f}.subtitle{font-size:15px}.foot{font-size:12px}
.synthetic{fill:#7a1f00;font-weight:bold}.over{fill:#b3261e;fill-opacity:.13;font-size:96px;font-weight:bold}
.bar rect{fill:#1f5f8b}.both rect{fill:#7fb2d0}.first .line{stroke:#1f5f8b}.first circle{fill:#1f5f8b}
.second .line{stroke:#b4560e;stroke-dasharray:5 3}.second circle{fill:#b4560e}.line{fill:none;stroke-width:1.8}
.grid{stroke:#dde1e7}.zero,.year{stroke:#5a6372}.hatch{stroke:#8a93a1;stroke-width:1.6}
.at{stroke:#b3261e;stroke-dasharray:6 4}
.threshold .words{fill:#b3261e}.newyear{fill:#c0392b}.revised{fill:#fff;stroke:#7a3fa0;stroke-width:1.8}
path.event{stroke:#5a6372;stroke-dasharray:2 3}circle.event{fill:#fff;stroke:#5a6372}text.event{font-size:11px}
.leader{stroke:#5a6372}.label{font-weight:bold;fill:#16191f;paint-order:stroke;stroke:#fff;stroke-width:3px}"""


@dataclass(frozen=True)
class Stamp:
    """What is burned into every picture of a release. `attribution`: by source, whom to name."""

    release_id: str
    made_on: str
    is_synthetic: bool
    attribution: dict[str, str]

    def lines(self, picture: Picture) -> tuple[str, str]:
        """Source, day and release; what the marks mean."""
        stream = picture.series.stream
        said = self.attribution.get(stream.source, stream.source).rstrip(".")
        return (
            f"Source: {said}. As known on {stream.known_on}.",
            f"Bonded release {self.release_id}, made {self.made_on}.",
        )

    def cite(self, series: Series, month: dt.date) -> str:
        """How to name a figure so that it can be found for ever: by the day as known, since releases go."""
        of = series.stream
        said = self.attribution.get(of.source, of.source).rstrip(".")
        return (
            f"{'SYNTHETIC. ' if self.is_synthetic else ''}{said}: {series.category_name}, {of.flow}s of {of.reporter}, "
            f"{series.partner_name}, {format_month(month)} ({of.source} {series.partner} {series.scheme}/"
            f"{series.category}), as known on {of.known_on}. Bonded release {self.release_id}."
        )


def legend(plot: Plot) -> list[tuple[str, str]]:
    """By class of mark what it means, of those that a picture has."""
    said = {
        "gap": ("not known: no receipt covers it", plot.unknown),
        "revised": ("revised since it was first printed", plot.revised),
        "newyear": ("Lunar New Year", plot.new_years),
        "both": ("January and February together", any(of.two_months and of.values for of in plot.layers)),
        "threshold": ("mark at which months are counted", plot.threshold),
        "event": ("event, by number", plot.events),
    }
    return [(mark, text) for mark, (text, there) in said.items() if there]


def alone(picture: Picture, stamp: Stamp, story: str) -> str:
    """The picture as a file of SVG: title, source, day, release and SYNTHETIC are part of it."""
    drawing = Drawing(picture.plot, WIDTH - 20, HEIGHT - 154, "alone")
    source, release = stamp.lines(picture)
    marks = [text for _, text in legend(picture.plot)]
    signs = {"gap": "hatched", "revised": "ring", "newyear": "diamond", "both": "pale bar", "event": "number",
             "threshold": "dashed line"}  # fmt: skip
    keys = "; ".join(f"{signs[mark]}: {text}" for mark, text in legend(picture.plot))
    names = "; ".join(
        f"{layer.name}: {'dashed' if layer.style == 'second' else 'solid'}"
        for layer in picture.plot.layers
        if layer.name
    )
    foot = [escape(source), escape(release), escape("; ".join(part for part in (names, keys if marks else "") if part))]
    if picture.plot.new_years:
        days = picture.plot.new_years[-NEW_YEARS:]
        foot.append(Markup("Lunar New Year: ") + Markup(", ").join(new_year(day).span() for day in days))
    over = '<text class="over" x="450" y="300" text-anchor="middle">SYNTHETIC</text>' if stamp.is_synthetic else ""
    banner = (
        '<text class="synthetic" x="880" y="20" text-anchor="end">SYNTHETIC DATA, no trade that took place</text>'
        if stamp.is_synthetic
        else ""
    )
    said = "".join(
        f'<text class="foot" x="20" y="{HEIGHT - 57 + 16 * n:.0f}">{text}</text>' for n, text in enumerate(foot)
    )
    of = picture.series
    subtitle = f"{picture.title}: {of.category_name}, {of.partner_name}. {picture.subtitle}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" '
        f'height="{HEIGHT:.0f}" role="img" aria-labelledby="title">'
        f'<title id="title">{escape(f"{story}. {subtitle}")}</title>'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{banner}'
        f'<text class="title" x="20" y="46">{escape(story)}</text>'
        f'<text class="subtitle" x="20" y="70">{escape(subtitle)}</text>'
        f'<g transform="translate(8 82)">{drawing.body()}</g>{over}{said}</svg>'
    )


def rows(picture: Picture, stamp: Stamp) -> Iterator[tuple[str, ...]]:
    """Its data with a header: a line a month, nothing where a column is not known."""
    yield ("month", *picture.columns, "is_revised", "is_synthetic", "release_id")
    is_synthetic = str(stamp.is_synthetic).lower()
    for month in picture.plot.months:
        row = picture.series.rows.get(month, {})
        said = (value_text(row.get(column)) for column in picture.columns)
        revised = str(month in picture.series.revised).lower()
        yield (format_month(month), *said, revised, is_synthetic, stamp.release_id)


def csv_text(lines: Iterable[tuple[str, ...]]) -> str:
    """As RFC 4180 says."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue()


#: By type of a published column that of CSV on the Web.
KINDS = {"BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "double", "BOOLEAN": "boolean"}


def _columns(picture: Picture) -> Iterator[dict[str, object]]:
    """What each column is; that of a published table names it as its source."""
    month = {"base": "gYearMonth"}
    yield _column("month", month, "Month to which customs count the goods") | {"required": True}
    nodes = published_nodes()
    for name in picture.columns:
        table = picture.series.table(name)
        said = nodes[table]["columns"][name]
        titles = {"titles": [name, measures()[name].label], "null": "", "dc:source": table}
        yield _column(name, KINDS[said["data_type"].upper()], said["description"]) | titles
    yield _column("is_revised", "boolean", "Whether the dollars of the month stood in another way before")
    yield _column("is_synthetic", "boolean", "Whether the figures are made up")
    yield _column("release_id", "string", "Release whose figures these are")


def _column(name: str, datatype: object, meaning: str) -> dict[str, object]:
    return {"name": name, "titles": name, "datatype": datatype, "dc:description": meaning}


def metadata(picture: Picture, stamp: Stamp) -> str:
    """What the columns are, as CSV on the Web says it (W3C, tabular metadata)."""
    of = picture.series
    made_up = "SYNTHETIC: " if stamp.is_synthetic else ""
    said = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{picture.name}.csv",
        "dc:title": f"{made_up}{picture.title}: {of.category_name}, {of.partner_name}, {of.stream.flow}",
        "dc:source": stamp.attribution.get(of.stream.source, of.stream.source),
        "dc:identifier": key_text(of.key),
        "dc:issued": stamp.made_on,
        "dc:valid": f"as known on {of.stream.known_on}",
        "dc:isPartOf": stamp.release_id,
        "tableSchema": {"columns": list(_columns(picture)), "primaryKey": "month"},
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path, made: Iterable[Picture], stamp: Stamp, story: str) -> None:
    """The four files of each picture."""
    import vl_convert  # 3 ms, and nobody else draws

    folder.mkdir(parents=True, exist_ok=True)
    for picture in made:
        svg = alone(picture, stamp, story)
        place = folder / picture.name
        place.with_suffix(".svg").write_text(svg, encoding="utf-8")
        place.with_suffix(".png").write_bytes(vl_convert.svg_to_png(svg, scale=PNG_SCALE))
        with place.with_suffix(".csv").open("w", encoding="utf-8", newline="") as stream:
            stream.write(csv_text(rows(picture, stamp)))
        place.with_suffix(".csv-metadata.json").write_text(metadata(picture, stamp), encoding="utf-8")
