from pathlib import Path

import pytest

from llmops_magics.errors import ConfigError
from llmops_magics.monitoring.channel import Channel
from llmops_magics.monitoring.record import Observation, StateChange
from llmops_magics.monitoring.subscription import Subscriptions

SEEN = Observation(state="alert", value=1.0, calls=1, reason="", since="", until="")
COMMAND = Channel(way="command", target="true")


def change(number, state="alert", before="ok", rule="r"):
    return StateChange(
        id=number,
        monitor="m",
        rule=rule,
        before=before,
        state=state,
        observation=SEEN,
        actor="",
        at="",
    )


@pytest.fixture
def mine(config):
    return Subscriptions(Path("/work"), "store")


def test_a_change_is_told_once(mine):
    mine.set("m", "r", [COMMAND], told=3)
    assert mine.take([change(3)]) == []
    assert mine.take([change(4)]) == [(change(4), COMMAND)]
    assert mine.take([change(4)]) == []


def test_a_first_state_is_told_only_if_it_alerts(mine):
    mine.set("m", "r", [COMMAND], told=0)
    assert mine.take([change(1, state="ok", before="")]) == []
    assert len(mine.take([change(2, state="alert", before="")])) == 1


def test_another_rule_of_that_name_runs_nothing(mine):
    mine.set("m", "r", [COMMAND], told=0)
    assert mine.take([change(1, rule="calls > 0 over 1h")]) == []
    assert mine.of("m", "calls > 0 over 1h") == ()


def test_another_workspace_or_store_is_another(mine):
    mine.set("m", "r", [COMMAND], told=0)
    assert Subscriptions(Path("/other"), "store").take([change(1)]) == []
    assert Subscriptions(Path("/work"), "other").take([change(1)]) == []
    assert mine.of("m", "r") == (COMMAND,)


def test_setting_again_replaces_and_dropping_takes_away(mine):
    mine.set("m", "r", [COMMAND], told=0)
    other = Channel(way="webhook", target="$HOOK")
    mine.set("m", "r", [other], told=0)
    assert mine.of("m", "r") == (other,)
    mine.drop("m")
    assert mine.of("m", "r") == ()


def test_the_file_is_its_owners_alone(mine, config):
    mine.set("m", "r", [COMMAND], told=0)
    path = config / "monitors.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o622)
    with pytest.raises(ConfigError, match="may be written by others"):
        mine.take([change(1)])


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"subscriptions": [{}]}', '{"subscriptions": 3}']
)
def test_a_broken_file_is_said(mine, config, content):
    config.mkdir(mode=0o700)
    path = config / "monitors.json"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        mine.take([change(1)])
