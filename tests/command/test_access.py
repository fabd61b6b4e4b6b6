from __future__ import annotations

from argparse import ArgumentParser

import pytest

from llmops_magics.command.access import CAN
from llmops_magics.command.operation import Context
from llmops_magics.workspace import Workspace


@pytest.fixture
def can(folder, monkeypatch):
    monkeypatch.delenv("LLMOPS_ENVIRONMENT", raising=False)
    (folder / "llmops.toml").write_text('[tools.mail]\nprompts = ["support/*"]\n')
    workspace = Workspace(folder)
    parser = ArgumentParser()
    CAN.add_arguments(parser)

    def ask(*words):
        record = CAN.call(Context(workspace=workspace), parser.parse_args(words))
        return record, CAN.exit_code(record)

    yield ask
    workspace.close()


def test_who_may_is_told_with_the_policy(can):
    record, code = can("ann", "edit_prompt", "support/answer")
    assert (record.policies, code) == (("dev",), 0)
    record, code = can("ann", "release", "production")
    assert (record.roles_that_may, code) == (("releaser",), 1)


def test_what_is_known_of_a_request(can):
    assert can("ann", "approve", "a", "--author", "ann")[0].policies == ("own-change",)
    assert can("ann", "call_tool", "mail")[0].policies == ("tool-prompt",)
    call = ("ann", "call_tool", "mail", "--prompt", "support/a")
    assert can(*call)[1] == 0
    assert can(*call, "--tainted")[0].needs_yes
    assert can(*call, "--arguments", "[]")[0].policies == ("tool-arguments",)


def test_an_action_that_is_none(can, capsys):
    with pytest.raises(SystemExit):
        can("ann", "fly", "a")
    assert "edit_prompt" in capsys.readouterr().err
