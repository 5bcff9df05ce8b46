"""The declared gates and their suites, read strictly: every typo is an error, nothing is dropped silently.

Great Expectations' own loader drops an expectation with a misspelt type and logs a line; ours names file and line.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from orchestration.base import strict_yaml
from orchestration.base.deferred import deferred, somewhere_to_live
from orchestration.base.errors import RefusalError

#: Arguments that would let an expectation pass although rows fail, or change what is reported.
FORBIDDEN = frozenset(
    {"mostly", "row_condition", "condition_parser", "result_format", "catch_exceptions", "ignore_row_if", "severity"}
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectationSpec(_Strict):
    """One native expectation, with the reason for its threshold."""

    type: str
    kwargs: dict[str, Any]
    description: str
    reason: str
    reference: str

    @field_validator("kwargs")
    @classmethod
    def _no_holes(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        if found := FORBIDDEN & kwargs.keys():
            raise ValueError(f"{', '.join(sorted(found))} would let rows pass unseen and is forbidden here")
        return {key: _number(value) for key, value in kwargs.items()}


def _number(value: Any) -> Any:
    """YAML scalars arrive as text; whole numbers become numbers."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


class GateSpec(_Strict):
    """One gate: `<gate>.yml`. `expectations`: the judgement of the evidence that `<gate>.sql` gives; `nothing`: why
    there may be nothing to compare; `by_month`: the SQL is run on the raw files of a few months at a time; `in_parts`:
    on a few months of a long history, whose joins would go to disk; `reads`: the months that its comparisons of a month
    read (`gates.carried.window`), or `all`, also where it asks the day, or `before`, where it asks the release before;
    `stops`: whether a finding stops publication: always, never (it only warns), or sometimes, as the finding says.
    """

    gate: str
    title: str
    asset: str
    nothing: str
    reads: Annotated[str, Field(pattern=r"^(month|(back|around|years) [1-9]\d?|year|period|all|before)$")]
    expectations: tuple[ExpectationSpec, ...]
    by_month: bool = False
    in_parts: bool = False
    stops: Literal["always", "never", "sometimes"] = "always"

    @field_validator("expectations")
    @classmethod
    def _not_empty(cls, value: tuple[ExpectationSpec, ...]) -> tuple[ExpectationSpec, ...]:
        if not value:
            raise ValueError("an empty suite judges nothing")
        return value


class Declared(_Strict):
    """What `gates.yml` says of a gate: whether it must speak of every covered month."""

    speaks: Literal["every_month", "where_asked"]


class _Gates(_Strict):
    gates: dict[str, Declared]


def declared_gates(folder: Path) -> dict[str, Declared]:
    """The gates that every audit must run, in order; `RefusalError` for a typo or for none at all."""
    gates = strict_yaml.load(folder / "gates.yml", _Gates).gates
    if not gates:
        raise RefusalError("no gate is declared", file="gates.yml", remedy="restore expectations/ from git")
    return gates


def read_suite(path: Path) -> GateSpec:
    """One gate's file; `RefusalError` naming file and line for any typo in its shape."""
    spec = strict_yaml.load(path, GateSpec)
    if spec.gate != path.stem:
        raise RefusalError(f"the file says gate {spec.gate!r}", file=path.name, line=1, remedy="name them alike")
    return spec


def load_suite(path: Path) -> GateSpec:
    """One gate's file, with types and arguments held against Great Expectations; `RefusalError` for any typo."""
    spec = read_suite(path)
    for expectation in spec.expectations:
        native(expectation, path.name)
    return spec


def native(spec: ExpectationSpec, file: str, position: int = 0) -> Any:
    """The expectation as an object of Great Expectations; `RefusalError` if it has no such type or argument."""
    kind = _expectation_types().get(spec.type)
    if kind is None:
        raise RefusalError(f"there is no expectation {spec.type!r}", file=file, remedy="correct the type")
    unknown = spec.kwargs.keys() - kind.__fields__.keys()
    if unknown:
        raise RefusalError(
            f"{spec.type} takes no {', '.join(sorted(unknown))}", file=file, remedy="correct the argument"
        )
    try:
        return kind(**spec.kwargs, meta={"position": position})
    except Exception as error:
        raise RefusalError(f"{spec.type}: {error}", file=file, remedy="correct the arguments") from None


def great_expectations() -> Any:
    """The library, imported by the first who judges; without two others, for one expectation that draws distributions,
    which would take almost as long again.
    """
    with deferred("altair", "scipy.stats"), somewhere_to_live():
        import great_expectations as library
    return library


@cache
def _expectation_types() -> dict[str, Any]:
    gxe = great_expectations().expectations
    core = [getattr(gxe, name) for name in dir(gxe) if name.startswith("Expect")]
    return {kind.expectation_type: kind for kind in core if getattr(kind, "expectation_type", None)}


def build_suite(name: str, specs: tuple[ExpectationSpec, ...]) -> Any:
    """A suite that holds every one of the expectations, or an error."""
    gx = great_expectations()
    expectations = [native(spec, f"{name}.yml", position) for position, spec in enumerate(specs)]
    suite = gx.ExpectationSuite(name=name, expectations=expectations)
    if len(suite.expectations) != len(specs):
        raise RefusalError(f"two expectations of {name} are the same", file=f"{name}.yml", remedy="remove one")
    return suite
