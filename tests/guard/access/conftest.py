from __future__ import annotations

import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.guard.access.authority import Authority
from llmops_magics.guard.access.policy_set import read_policies


@pytest.fixture
def authority(tmp_path):
    """``authority(access={…}, tools={…}, environment=…, policy=…)`` as a workspace has it."""

    def make(*, access=None, tools=None, environment="dev", policy=""):
        settings = Settings.model_validate({"access": access or {}, "tools": tools or {}})
        if policy:
            (tmp_path / "own.cedar").write_text(policy, encoding="utf-8")
        policies = read_policies(
            tmp_path,
            ["own.cedar"] if policy else [],
            default_permits=settings.access.default_permits,
        )
        return Authority(
            policies, access=settings.access, tools=settings.tools, environment=environment
        )

    return make
