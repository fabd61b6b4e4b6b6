from __future__ import annotations

import pytest

from llmops_magics.config.settings import Settings, load_settings
from llmops_magics.errors import ConfigError


def loaded(tmp_path, text):
    (tmp_path / "llmops.toml").write_text(text, encoding="utf-8")
    return load_settings(tmp_path)


def test_what_is_left_out_leaves_it_to_the_policies():
    settings = Settings()
    assert settings.environment == "dev"
    assert settings.access.prompts == {}
    assert settings.access.default_permits
    assert settings.tools == {}


def test_lists_are_read_and_an_empty_one_is_not_none(tmp_path):
    settings = loaded(
        tmp_path,
        """
        [access.roles]
        approver = ["ann"]
        [access.prompts."support/*"]
        edit = ["bob", "role:editor"]
        label = []
        [tools.send_mail]
        hosts = []
        arguments = { type = "object" }
        """,
    )
    prompts = settings.access.prompts["support/*"]
    assert (prompts.edit, prompts.label, prompts.approve) == (("bob", "role:editor"), (), None)
    tool = settings.tools["send_mail"]
    assert (tool.hosts, tool.callers, tool.side_effect) == ((), None, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[access.prompts."a"]\nedit = ["role:edtor"]', "no role 'edtor'"),
        ('[tools.mail]\ncallers = ["role:edtor"]', "tools.mail: there is no role 'edtor'"),
        ('[access.roles]\neverybody = ["ann"]', "everybody has"),
        ('[access.roles]\nlead = ["role:editor"]', "'lead' lists 'role:editor', but a role holds"),
        ('[tools.mail]\narguments = { type = "objekt" }', "no JSON schema"),
        ('[tools.mail]\nhosts = ["https://example.com"]', "hosts"),
        ("[tools.mail]\nside_effects = false", "side_effects"),
        ('[access.prompts."a"]\nedits = ["ann"]', "edits"),
    ],
)
def test_a_slip_of_the_pen_is_refused(tmp_path, text, says):
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text)
    assert says in str(raised.value)
