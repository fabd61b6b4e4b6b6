"""``llmops runs``: its own parsing; what it shows is tested with ``llmops eval``."""

from __future__ import annotations

import json

import pytest

from llmops_magics.cli.main import build_parser, main


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("runs", 20),
        ("runs list", 20),
        ("runs --limit 3", 3),
        ("runs list --limit 3", 3),
        ("runs --limit 3 list", 3),
        ("runs --limit 9 list --limit 3", 3),
    ],
)
def test_alone_it_lists(line, limit):
    args = build_parser().parse_args(line.split())
    assert (args.limit, args.status, args.json) == (limit, "", False)


def test_json_may_stand_before_or_behind():
    for line in ("runs --json show newest", "runs show newest --json"):
        assert build_parser().parse_args(line.split()).json


def test_an_empty_workspace(folder, capsys):
    assert main(["runs"]) == 0
    assert capsys.readouterr().out.strip() == "0 eval runs"
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"kind": "eval-run-list", "runs": [], "total": 0}
    assert main(["runs", "show", "newest"]) == 2
