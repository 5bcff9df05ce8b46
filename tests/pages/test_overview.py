"""What a page says of a release as a whole: whom to name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.pages.overview import attributions
from orchestration.releases.manifest import SourceTerms


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_nobody_is_named_for_what_is_made_up(is_synthetic: bool) -> None:
    """Nor a source that made-up answers imitate."""
    terms = {"comtrade": SourceTerms(attribution="The United Nations", terms="Ask first.", may_be_passed_on=False)}
    said: Any = SimpleNamespace(is_synthetic=is_synthetic, terms=terms)
    wanted = "Synthetic data (no publisher)" if is_synthetic else "The United Nations"
    assert attributions(said) == {"comtrade": wanted}
