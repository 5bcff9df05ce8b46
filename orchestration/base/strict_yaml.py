"""Reading the reviewed YAML files strictly: a typo is an error that names file and line.

Every scalar is read as text ('0101' stays '0101', 2024-10 stays 2024-10); the pydantic model that receives
it decides on types. Keys given twice are refused.
"""

from __future__ import annotations

import errno
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from orchestration.base.errors import RefusalError
from orchestration.base.plainfile import open_plain

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]
#: Reviewed files and sidecars are far smaller.
LARGEST = 1 << 20


class _Loader(yaml.SafeLoader):
    """Without aliases: a few hundred bytes of them unfold to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "an alias", self.peek_event().start_mark)
        return super().compose_node(parent, index)


def _build(node: yaml.Node, path: Location, lines: dict[Location, int], file: Path) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                raise RefusalError(
                    f"the key {key!r} is given twice",
                    file=file.name,
                    line=key_node.start_mark.line + 1,
                    remedy="keep one of the two",
                )
            result[key] = _build(value_node, (*path, key), lines, file)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, i), lines, file) for i, child in enumerate(node.value)]
    return None if node.value in ("", "~", "null") and getattr(node, "style", None) is None else node.value


def _line_of(location: Location, lines: dict[Location, int]) -> int | None:
    """The line of the innermost part that stands in the file; names of pydantic's own among the parts stand nowhere."""
    path: Location = ()
    for part in location:
        if (*path, part) in lines:
            path = (*path, part)
    return lines.get(path)


def read(path: Path) -> bytes:
    """The file as it lies there; `RefusalError` if there is none, or none that could be a declaration."""
    try:
        with open_plain(path) as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise OSError(errno.EFBIG, "larger than any declaration", str(path))
    except FileNotFoundError:
        raise RefusalError("the file is missing", file=str(path), remedy="restore it from git") from None
    except OSError as error:
        remedy = "it must be a plain file that this user may read"
        raise RefusalError(f"cannot be read ({error.strerror})", file=path.name, remedy=remedy) from None
    return data


def load(path: Path, model: type[Model]) -> Model:
    """The file as an instance of the model; `RefusalError` naming file, line and key otherwise."""
    return parse(read(path), path, model)


def parse(data: bytes, path: Path, model: type[Model]) -> Model:
    """What was read from a file as an instance of the model; `RefusalError` as by `load`.

    The same bytes are parsed once, so nobody may change what comes back.
    """
    return cast(Model, _parse(data, path, model))


@lru_cache(maxsize=256)
def _parse(data: bytes, path: Path, model: type[BaseModel]) -> BaseModel:
    try:
        node = yaml.compose(data.decode("utf-8"), Loader=_Loader)
    except RecursionError:
        raise RefusalError("nested too deeply", file=path.name, remedy="mend the YAML") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "not readable as YAML"
        raise RefusalError(
            f"{what}", file=path.name, line=mark.line + 1 if mark else None, remedy="mend the YAML"
        ) from None
    lines: dict[Location, int] = {}
    said = {} if node is None else _build(node, (), lines, path)
    try:
        return model.model_validate(said)
    except ValidationError as error:
        # A misspelt key is also a missing one: say the misspelling.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        location = tuple(first["loc"])
        key = ".".join(str(part) for part in location if part != "[key]") or "(the whole file)"
        known = _keys(model, location[:-1]) if first["type"] == "extra_forbidden" else ()
        raise RefusalError(
            f"{key}: {first['msg'].removeprefix('Value error, ')}",
            file=path.name,
            line=_line_of(location, lines),
            remedy=f"use one of {', '.join(known)}"
            if known
            else "correct the entry; the entries beside it show the form",
        ) from None


def _keys(model: type[BaseModel], location: Location) -> tuple[str, ...]:
    """The keys that the model knows at a place, as far as its schema leads there."""
    whole = model.model_json_schema()
    at: dict[str, Any] = whole
    for part in location:
        below = at.get("properties", {}).get(part) if isinstance(part, str) else at.get("items")
        at = below or at.get("additionalProperties") or next(iter(at.get("patternProperties", {}).values()), {})
        while isinstance(at, dict) and "$ref" in at:
            at = whole["$defs"][at["$ref"].rpartition("/")[2]]
        if not isinstance(at, dict):
            return ()
    return tuple(at.get("properties", ()))
