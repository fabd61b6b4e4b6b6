from __future__ import annotations

from datetime import timedelta

import pytest

from llmops_magics.config.settings import load_settings
from llmops_magics.errors import ConfigError


def written(tmp_path, text):
    (tmp_path / "llmops.toml").write_text(text)
    return load_settings(tmp_path).audit


def test_without_a_word_names_are_plain_and_records_are_kept_for_years(tmp_path):
    settings = written(tmp_path, "")
    assert (settings.keys, settings.actors) == ("llmops.keys.toml", "plain")
    assert settings.retention["dossiers"] == timedelta(days=3650)


def test_a_class_that_is_not_named_keeps_its_time(tmp_path):
    settings = written(tmp_path, '[audit]\nactors = "sealed"\n[audit.retention]\ntraces = "30d"\n')
    assert settings.actors == "sealed"
    assert settings.retention == {
        "events": timedelta(days=3650),
        "dossiers": timedelta(days=3650),
        "traces": timedelta(days=30),
    }


@pytest.mark.parametrize("text", ['retention = {mails = "1d"}', 'actors = "none"', "other = 1"])
def test_what_is_not_known_is_refused(tmp_path, text):
    with pytest.raises(ConfigError):
        written(tmp_path, f"[audit]\n{text}\n")
