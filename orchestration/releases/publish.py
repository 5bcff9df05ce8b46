"""Write, audit, publish: the one way by which anything becomes a release, whoever asks for it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.base.errors import RefusalError
from orchestration.base.interrupt import uninterrupted
from orchestration.base.settings import Home, settings
from orchestration.claims.again import claims_again
from orchestration.gates.audit import Report, audit
from orchestration.gates.before import Before
from orchestration.gates.carried import Earlier
from orchestration.gates.evidence import Subject
from orchestration.gates.reach import reach
from orchestration.landing.store import LandingState
from orchestration.releases import candidate
from orchestration.releases.content import FileContent, file_content, is_intact, is_marked
from orchestration.releases.corrections.again import corrections_again
from orchestration.releases.corrections.feed import write_feed
from orchestration.releases.database import DATABASE
from orchestration.releases.held_back import categories_of, to_hold_back, why_not_kept
from orchestration.releases.manifest import (
    AuditSummary,
    HeldBack,
    Manifest,
    parsers_of,
    read_manifest,
    sequences,
    verdict,
    write_manifest,
)
from orchestration.releases.read_back import differing_files
from orchestration.releases.results import write_results
from orchestration.releases.showing import Page
from orchestration.releases.store import Releases
from orchestration.releases.summary import what_is_new
from orchestration.warehouse.categories import categories_in


@dataclass(frozen=True)
class Publication:
    """The outcome of a publication: the release that readers see now, or the candidate that failed.

    `news`: what was received and withdrawn since the release that a failed candidate was built upon. `held_back`: the
    sources whose figures stay as they were. `refused`: the candidate with all that landing says and its audit, where
    that is not what was published. `not_kept`: why sources could not be held back, in words. `warnings`: sentences of
    what was found damaged and made anew, and of what could not be tidied up once readers saw the release.
    """

    outcome: Literal["published", "unchanged", "failed"]
    release_id: str | None
    folder: Path
    report: Report
    news: tuple[str, ...] = ()
    held_back: Mapping[str, HeldBack] = field(default_factory=dict)
    refused: tuple[Path, Report] | None = None
    not_kept: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def looked_at(self) -> tuple[Path, Report]:
        """The candidate with all that landing says, and its audit."""
        return self.refused or (self.folder, self.report)


def publish(home: Home, state: LandingState, page: Page | None = None) -> Publication:
    """Build a candidate, audit it, and only if it passes make it the current release.

    Where all that blocks belongs to some sources, and others are there, a second candidate has what the former said
    before; it is audited likewise and published. Holds the publication lock throughout. A failed candidate is kept;
    unchanged content makes no release. `page`: draws what people look at, which is audited with the tables.
    """
    releases = Releases(home.create())
    with releases.publication():
        releases.recover()
        for leftover in home.candidates.glob(".*"):
            shutil.rmtree(leftover)
        base, warnings = releases.base(), releases.unreadable()
        folder, report = build_and_audit(home, state, base, page=page)
        held_back, refused = to_hold_back(releases, state, folder, report), None
        if held_back:
            refused = folder, report
            folder, report = build_and_audit(home, state, base, held_back, page)
        if not report.passed:
            _retain_candidates(home)
            not_kept = why_not_kept(releases, held_back, folder, report) if refused else ""
            folder, report = refused or (folder, report)
            news = tuple(what_is_new(releases, read_manifest(folder)))
            return Publication("failed", base, folder, report, news, not_kept=not_kept, warnings=tuple(warnings))
        if base is not None and read_manifest(folder).same_content(releases.manifest(base)):
            damaged = _damaged(releases, base, read_manifest(folder))
            if damaged is None:
                shutil.rmtree(folder)
                warnings += _tidied(home)
                return Publication("unchanged", base, releases.folder(base), report, (), held_back, refused,
                                   warnings=tuple(warnings))  # fmt: skip
            warnings.append(f"{damaged} of release {base} is not what was published: {folder.name} takes its place")
        if releases.base() != base:
            raise RefusalError("the current release has changed meanwhile", remedy="bonded run again")
        _refuse_changed(folder)
        with uninterrupted():
            warnings += releases.add(folder)
        warnings += _tidied(home)
        return Publication("published", folder.name, releases.folder(folder.name), report, (), held_back, refused,
                           warnings=tuple(warnings))  # fmt: skip


def _damaged(releases: Releases, release_id: str, made: Manifest) -> str | None:
    """The first file of a release that is not what was published: all of them read, where a candidate of its content
    took over nothing unread.
    """
    folder, said = releases.folder(release_id), releases.manifest(release_id)
    whole = made.read_whole_at == made.made_at
    for name, of in said.files.items():
        if not ((not whole and is_marked(folder / name, of)) or is_intact(folder / name, of)):
            return name
    return None


def _refuse_changed(folder: Path) -> None:
    """`RefusalError` if a file of an audited candidate is not the one that was judged."""
    for name, of in read_manifest(folder).files.items():
        if not is_marked(folder / name, of):
            raise RefusalError(f"{name} of candidate {folder.name} changed after its audit", remedy="bonded run again")


def build_and_audit(
    home: Home,
    state: LandingState,
    base: str | None,
    held_back: Mapping[str, HeldBack] | None = None,
    page: Page | None = None,
) -> tuple[Path, Report]:
    """Build a candidate, audit the file that was built, and write the verdict beside it; nothing is left of one that
    could not be audited.
    """
    folder = candidate.build(home, state, base, held_back)
    try:
        if page:
            page.draw(home, folder)
        return folder, _audited(home, folder, base, page)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _audited(home: Home, folder: Path, base: str | None, page: Page | None) -> Report:
    manifest = read_manifest(folder)
    earlier = Releases(home).manifest(base) if base else None
    evidence = None
    if earlier and manifest.read_whole_at != manifest.made_at:
        evidence = _evidence(Releases(home), earlier)
    content = {name: table.by_month for name, table in manifest.tables.items()}
    judged = file_content(folder / DATABASE)
    report = audit(replace(subject_of(home, folder, page), content=content, earlier=evidence))
    if file_content(folder / DATABASE) != judged:
        raise RefusalError(f"candidate {folder.name} changed while it was audited", remedy="bonded run again")
    write_results(folder, manifest, report)
    if report.passed:
        write_feed(Releases(home), folder, manifest, earlier)
    if page:
        page.sign(folder, report)
    files = _files(folder, earlier.files if earlier else {})
    read_back = _read_back(folder, manifest, files, earlier) if report.passed else ""
    findings = report.findings("broken", "failed", "warned", "waived").head(200)
    summary = AuditSummary(
        passed=report.passed,
        counts=report.counts,
        coverage=reach(report).as_dict(),
        findings=[{k: None if v is None else str(v) for k, v in row.items()} for row in findings.to_dict("records")],
    )
    said = {"files": files, "audit": summary, "evidence": report.inputs, "read_back": read_back}
    write_manifest(manifest.model_copy(update=said), folder)
    return report


def _read_back(folder: Path, made: Manifest, files: dict[str, FileContent], earlier: Manifest | None) -> str:
    """The version of DuckDB by which every Parquet file was found to hold what the tables do; `RefusalError` if one
    does not. What was taken over as links from a release that was read back is known by its marks.
    """
    known = earlier.files if earlier and earlier.read_back == duckdb.__version__ else {}
    taken_over = {name for name, said in files.items() if said == known.get(name)}
    if found := differing_files(folder, made.tables, taken_over):
        raise RefusalError(f"candidate {folder.name}: {found[0]}; nothing was published", remedy="bonded run again")
    return duckdb.__version__


def _files(folder: Path, earlier: dict[str, FileContent]) -> dict[str, FileContent]:
    """Sizes and hashes of all files but the manifest; those taken over as links are known by their marks."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "release.json"):
        name = str(path.relative_to(folder))
        said = earlier.get(name)
        found[name] = said if said and is_marked(path, said) else file_content(path)
    return found


def _evidence(releases: Releases, said: Manifest) -> Earlier | None:
    """What a release's audit compared, if that is still what was published."""
    name = "parquet/audit_results.parquet"
    path, of = releases.folder(said.release_id) / name, said.files.get(name)
    return Earlier(path, said.evidence) if of and is_intact(path, of) else None


def audit_folder(home: Home, folder: Path, page: Page | None = None) -> Report:
    """Audit a candidate or a release as it lies there, wholly. `page`: reads its page again, too."""
    return audit(subject_of(home, folder, page))


def subject_of(home: Home, folder: Path, page: Page | None = None) -> Subject:
    """What is audited of a candidate or a release: its database, and the records of landing that it was built from."""
    said = read_manifest(folder)
    held_back = sequences(said.held_back)
    return Subject(
        home,
        folder / DATABASE,
        said.receipt_sequence,
        settings().expectations,
        held_back=held_back,
        parsers=parsers_of(said.held_back),
        before=_before(Releases(home), folder, said),
        own=categories_in(folder),
        claims=partial(claims_again, expectations=settings().expectations),
        corrections=partial(corrections_again, home=home, folder=folder),
        page=partial(page.figures, folder=folder) if page else None,
    )


def _before(releases: Releases, folder: Path, said: Manifest) -> Before | None:
    """The release that a candidate or release was built upon, if it is there and means the same by its figures."""
    of = releases.known(said.base) if said.base in releases.ids() else None
    if of is None or of.contract_version != said.contract_version:
        return None
    base = releases.folder(said.base)
    content = {name: table.by_month for name, table in of.tables.items()}
    return Before(base / DATABASE, content, categories_of(base) != categories_of(folder))


def _tidied(home: Home) -> list[str]:
    """Remove what no one needs once a run is green: candidates of runs that were killed, and all but the last that
    failed. Sentences of what could not be removed.
    """
    try:
        for folder in _candidates(home):
            said = verdict(folder)
            if said is None or said.passed:
                shutil.rmtree(folder)
        _retain_candidates(home)
    except OSError as error:
        return [f"a candidate could not be removed ({error}); the next run does"]
    return []


def _candidates(home: Home) -> list[Path]:
    return sorted(p for p in home.candidates.iterdir() if p.is_dir() and not p.name.startswith("."))


def _retain_candidates(home: Home) -> None:
    for folder in _candidates(home)[: -settings().keep_candidates]:
        shutil.rmtree(folder)
