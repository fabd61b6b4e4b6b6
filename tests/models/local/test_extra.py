from __future__ import annotations

import pytest

from llmops_magics.errors import WeightsError
from llmops_magics.models.local.extra import require_extra


def test_what_is_installed_passes() -> None:
    require_extra("json", "pathlib")


def test_what_is_missing_is_named_with_the_command() -> None:
    with pytest.raises(
        WeightsError, match=r'need nowhere_xyz,.*pip install "llmops-magics\[local]'
    ):
        require_extra("json", "nowhere_xyz")
