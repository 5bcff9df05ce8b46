"""The audit as one self-contained page: verdict, what was compared, what failed, a table per gate."""

from __future__ import annotations

from pathlib import Path

import jinja2

from orchestration.gates.audit import Report

TEMPLATE = Path(__file__).with_name("audit.html.j2")
ROWS_SHOWN = 200


def render(report: Report, subject: str, is_synthetic: bool) -> str:
    """The page as HTML; it loads nothing from anywhere."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(report=report, subject=subject, is_synthetic=is_synthetic, rows_shown=ROWS_SHOWN)
