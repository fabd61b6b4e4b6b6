from __future__ import annotations

import pytest

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.document import parse_yaml, read_bounded


def test_plain_data_is_read():
    assert parse_yaml("a: [1, two]\nb: |\n  text\n", "x.yaml") == {"a": [1, "two"], "b": "text\n"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [1]\nb: *x\n", "alias"),
        ("[" * 50 + "]" * 50, "nested too deeply"),
        ("a: !!python/object/apply:os.system ['true']\n", "no YAML"),
        ("a: [1\n", "no YAML"),
    ],
)
def test_what_may_do_harm_is_refused(text, message):
    with pytest.raises(GuardError, match=message):
        parse_yaml(text, "x.yaml")


def test_a_file_is_read_up_to_a_size(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("ä" * 10)
    assert read_bounded(path) == "ä" * 10
    with pytest.raises(GuardError, match="larger"):
        read_bounded(path, limit=19)
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(GuardError, match="UTF-8"):
        read_bounded(path)
    with pytest.raises(GuardError, match="No such file"):
        read_bounded(tmp_path / "none.yaml")
