"""Reading `expectations/claims.yml`; what it names must stand in the reviewed tables."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.settings import DBT_PROJECT, settings
from orchestration.claims.declared import Claim, Top

FILE = "claims.yml"
SEEDS = DBT_PROJECT / "seeds"
ClaimId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    claims: dict[ClaimId, Claim]


def load_claims(folder: Path | None = None) -> dict[str, Claim]:
    """All claims by id; `RefusalError` for any typo, also in the code of a partner or a category."""
    found = strict_yaml.load((folder or settings().expectations) / FILE, _File).claims
    partners, categories = _partners(), _categories()
    for name, claim in found.items():
        if claim.partner not in partners:
            raise _unknown(
                name, f"the partner {claim.partner!r}", "use a code of dbt_project/seeds/partners.csv, or all"
            )
        members = categories.get(claim.scheme)
        if members is None:
            raise _unknown(name, f"the scheme {claim.scheme!r}", f"use one of {', '.join(sorted(categories))}")
        named = claim.categories if isinstance(claim, Top) else (claim.category,) if claim.category else ()
        for category in named:
            if category not in members:
                where = "hs_headings.csv" if claim.scheme in ("hs2", "hs4") else "categories.csv"
                raise _unknown(name, f"the category {claim.scheme}/{category}", f"use one of dbt_project/seeds/{where}")
        if isinstance(claim, Top) and len(named) >= len(members):
            raise RefusalError(
                f"{name} names every category of {claim.scheme}: they are the greatest whatever was traded",
                file=FILE,
                remedy="name fewer",
            )
    return found


def _unknown(name: str, what: str, remedy: str) -> RefusalError:
    return RefusalError(f"{name} names {what}, which is not known", file=FILE, remedy=remedy)


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _partners() -> set[str]:
    return {"all", *(row["partner_code"] for row in _seed("partners"))}


def _categories() -> dict[str, set[str]]:
    """The reviewed categories by scheme, as `dim_category` has them."""
    found: dict[str, set[str]] = {}
    for row in _seed("categories"):
        found.setdefault(row["category_scheme"], set()).add(row["category_code"])
    for row in _seed("hs_headings"):
        found.setdefault(f"hs{len(row['hs_code'])}", set()).add(row["hs_code"])
    return found
