"""A home's own schemes of categories: `categories.yml`, from the home to what models read and into the release.

Belongs here: reading the file, and what becomes of it. Not here: what it may say (`declared_categories`), nor which
models a change makes stale (`plan`). A run reads the file once, at its start, and keeps it beside what it keeps of
landing: whatever is edited meanwhile waits for the next run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.warehouse.declared_categories import HS6, Declared, Scheme

FILE = "categories.yml"
#: The mark that months are counted above where a scheme names none of its own.
THRESHOLD_USD = 1_000_000_000
THRESHOLD_REASON = "The press counts what a country trades in a month in billions; the scheme names no mark of its own"


class OwnCategories:
    """What a home's file says. `schemes`: by name; `headings`: of four or six digits, that make the scheme `hs6`.

    `text`: the file itself; None without one.
    """

    def __init__(self, text: bytes | None = None, path: Path = Path(FILE)) -> None:
        said = Declared() if text is None else strict_yaml.parse(text, path, Declared)
        self.text = text
        self.schemes: Mapping[str, Scheme] = said.schemes
        self.headings = said.hs6 or ()

    @property
    def digest(self) -> str:
        """Hash of all that it says, comments and layout apart."""
        return _digest(repr(sorted(self.schemes.items())), repr(self.headings))

    def fingerprints(self) -> dict[str, str]:
        """By `scheme/category` what its series are made of; a heading of `hs6` stands for all codes below it."""
        found = {
            f"{name}/{code}": _digest(code, repr(category), str(self._threshold(scheme)))
            for name, scheme in self.schemes.items()
            for code, category in scheme.categories.items()
        }
        return found | {f"{HS6}/{heading}": _digest(heading) for heading in self.headings}

    @staticmethod
    def _threshold(scheme: Scheme) -> int:
        return scheme.threshold_usd or THRESHOLD_USD

    def tables(self) -> dict[str, pa.Table]:
        """What models read: `own_scheme`, `own_category`, `own_prefix_years`, `own_heading`."""
        rows: dict[str, list[dict[str, object]]] = {
            "own_scheme": list(self._scheme_rows()),
            "own_category": [],
            "own_prefix_years": [],
            "own_heading": [{"hs_prefix": heading} for heading in self.headings],
        }
        for name, scheme in self.schemes.items():
            for code, category in scheme.categories.items():
                key = {"category_scheme": name, "category_code": code}
                rows["own_category"].append(
                    {
                        **key,
                        "category_name": category.name,
                        "hs_prefixes": ",".join(category.prefixes),
                        "code_system": category.code_system,
                        "leaves_out": category.leaves_out or scheme.leaves_out,
                    }
                )
                rows["own_prefix_years"] += [
                    {**key, "hs_prefix": prefix, "first_year": first, "last_year": last}
                    for prefix, (first, last) in category.years.items()
                ]
        return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in SCHEMAS.items()}

    def _scheme_rows(self) -> Iterator[dict[str, object]]:
        for name, scheme in self.schemes.items():
            yield {
                "category_scheme": name,
                "scheme_name": scheme.title,
                "leaves_out": scheme.leaves_out,
                "threshold_usd": self._threshold(scheme),
                "threshold_reason": scheme.threshold_reason or THRESHOLD_REASON,
            }
        if self.headings:
            yield {
                "category_scheme": HS6,
                "scheme_name": "Six-digit codes of the Harmonized System that this home names",
                "leaves_out": f"Every code that {FILE} does not name",
                "threshold_usd": THRESHOLD_USD,
                "threshold_reason": THRESHOLD_REASON,
            }


_KEY = [("category_scheme", pa.string()), ("category_code", pa.string())]
SCHEMAS = {
    "own_scheme": pa.schema(
        [
            ("category_scheme", pa.string()),
            ("scheme_name", pa.string()),
            ("leaves_out", pa.string()),
            ("threshold_usd", pa.int64()),
            ("threshold_reason", pa.string()),
        ]
    ),
    "own_category": pa.schema(
        [*_KEY, *((name, pa.string()) for name in ("category_name", "hs_prefixes", "code_system", "leaves_out"))]
    ),
    "own_prefix_years": pa.schema(
        [*_KEY, ("hs_prefix", pa.string()), ("first_year", pa.int32()), ("last_year", pa.int32())]
    ),
    "own_heading": pa.schema([("hs_prefix", pa.string())]),
}


def own_categories(home: Home) -> OwnCategories:
    """What the home's file says now; nothing without one. `RefusalError` naming file and line for any fault in it."""
    for lookalike in (home.root / "categories.yaml", home.inbox / FILE):
        if lookalike.exists():
            raise RefusalError(
                "own categories are not read from here", file=str(lookalike), remedy=f"mv it to {home.categories}"
            )
    path = home.categories
    return OwnCategories(strict_yaml.read(path), path) if path.exists() or path.is_symlink() else OwnCategories()


def taken_categories(home: Home) -> OwnCategories:
    """What the last run, or the one at work, has taken from the home's file."""
    path = _taken(home)
    return OwnCategories(strict_yaml.read(path), home.categories) if path.exists() else OwnCategories()


def categories_in(folder: Path) -> OwnCategories:
    """What the file in the folder of a candidate or a release says, by which it was made."""
    path = folder / FILE
    return OwnCategories(strict_yaml.read(path), path) if path.exists() else OwnCategories()


def keep(own: OwnCategories, folder: Path) -> None:
    """Keep the file in the folder of what models read of landing, in one step; none there if there is none."""
    aside = folder / f".{FILE}"
    if own.text is None:
        (folder / FILE).unlink(missing_ok=True)
    else:
        aside.write_bytes(own.text)
        aside.replace(folder / FILE)


def copy_taken(home: Home, folder: Path) -> None:
    """Put the file that the build database was made by, if there is one, into a folder, under its own name."""
    if _taken(home).exists():
        shutil.copyfile(_taken(home), folder / FILE)


def _taken(home: Home) -> Path:
    return home.warehouse / "landing" / FILE


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
