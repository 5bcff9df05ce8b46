"""Reading `expectations/claims.yml`; what it names must stand in the reviewed tables."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.seeds import Mark, read_seed, seed_mark
from orchestration.base.settings import settings
from orchestration.claims.declared import Claim, Top
from orchestration.sources.catalogue import TRADE

FILE = "claims.yml"
ClaimId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    claims: dict[ClaimId, Claim]


def load_claims(folder: Path | None = None) -> dict[str, Claim]:
    """All claims by id; `RefusalError` for any typo, also in the code of a partner or a category."""
    found = strict_yaml.load((folder or settings().expectations) / FILE, _File).claims
    partners, categories = known_partners(), known_categories()
    for name, claim in found.items():
        source = TRADE[claim.source]
        if claim.partner not in ("all", *partners.get(source.partner_system, ())):
            raise _unknown(
                name,
                f"the partner {claim.partner!r} of {source.name}",
                f"use a code of {source.partner_system} in dbt_project/seeds/partners.csv, or all",
            )
        members = {code for system in (None, source.code_system) for code in categories.get((system, claim.scheme), ())}
        if not members:
            schemes = sorted({scheme for system, scheme in categories if system in (None, source.code_system)})
            raise _unknown(name, f"the scheme {claim.scheme!r}", f"use one of {', '.join(schemes)}")
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


def known_partners() -> dict[str, set[str]]:
    """The reviewed partners by whose codes they are."""
    found: dict[str, set[str]] = {}
    for row in read_seed("partners"):
        found.setdefault(row["partner_system"], set()).add(row["partner_code"])
    return found


def known_categories() -> Mapping[tuple[str | None, str], Set[str]]:
    """The reviewed categories, as `dim_category` has them: by scheme, and by whose tariff where they are of one."""
    return _categories(seed_mark("categories"), seed_mark("hs_headings"))


@lru_cache(maxsize=2)
def _categories(*marks: Mark) -> Mapping[tuple[str | None, str], Set[str]]:  # noqa: ARG001
    found: dict[tuple[str | None, str], set[str]] = {}
    for row in read_seed("categories"):
        found.setdefault((row["code_system"] or None, row["category_scheme"]), set()).add(row["category_code"])
    for row in read_seed("hs_headings"):
        found.setdefault((None, f"hs{len(row['hs_code'])}"), set()).add(row["hs_code"])
    return found
