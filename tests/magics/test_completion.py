"""Completion on the lines of our magics, through IPython's own completer."""

import pytest

LINES = {
    "%llm_eval geo/capital --sc": {"--scorers"},
    "%llm_eval geo/capital --re": {
        "--repeats",
        "--replay",
        "--resume",
        "--retry-errors",
        "--rescore",
    },
    "%llm_eval cha": {"chain"},
    "%llm_eval geo/capital,:cha": {":chain"},
    "%llm_eval --resume new": {"newest"},
    "%guard can ann ap": {"approve"},
    "%llm_release prom": {"promote"},
    "%llm_release freeze prod": {"production"},
    "%llm_release promote x --can": {"--canary"},
    "%llm_budget set 5 --per d": {"day"},
    "%llm_runs sh": {"show"},
    "%llm_runs show new": {"newest"},
    "%llm_runs list --prompt geo": {"geo/capital"},
    "%llm_eval ge": {"geo/capital"},
    "run = %llm_eval geo/capital --data cases --scorers con": {"contains"},
    "%llm_eval geo/capital --scorers contains,gr": {"groundedness"},
    "%llm_eval geo/capital --baseline ge": {"geo/capital"},
    "%%prompt ge": {"geo/capital"},
    "%%prompt geo/capital --te": {"--temperature"},
    "%%prompt geo/x --from geo/capital@": {"geo/capital@1", "geo/capital@candidate"},
    "%%prompt geo/capital --label ca": {"candidate"},
    "%prompt ro": {"rollback"},
    "%prompt log ge": {"geo/capital"},
    "%prompt show geo/capital@ca": {"geo/capital@candidate"},
    "%prompt diff geo/capital@1 geo/capital@": {"geo/capital@1", "geo/capital@candidate"},
    "%prompt label geo/capital ": {"candidate"},
    "%prompt rollback geo/capital candidate --f": {"--forward"},
    "%prompt render geo/capital ": {"country=", "tone="},
    "%prompt run geo/capital --model m ": {"country=", "tone="},
    "%prompt bisect geo/capital --metric conta": {"contains"},
    "%prompt bisect geo/capital --metric contains --good geo/capital@ca": {"geo/capital@candidate"},
    "log = %prompt log geo/": {"geo/capital"},
    "%prompt bisect geo/capital --metric latency_": {"latency_ms"},
    "%prompt run geo/capital tone=": {"tone=kind", "tone=formal"},
    "%prompt run geo/capital country=@pla": {"country=@place"},
    "%prompt import fo": {"folder/"},
    "%%prompt geo/x --tools pla": {"place"},
    "%llm_router tr": {"try"},
    "%llm_router show sup": {"support"},
    "%llm_router try router/s": {"router/support"},
    "%llm_router try support text --prompt ge": {"geo/capital"},
    "%llm_cache pr": {"prune"},
    "%llm_cache clear --model acme/": {"acme/large", "acme/small"},
    "%llm_eval geo/capital --models acme/small,rou": {"router/support"},
    "%llm_rightsize geo/capital --models acme/l": {"acme/large"},
    "%llm_rightsize geo/capital --reference router/": {"router/support"},
    "%llm_rightsize geo/capital --write-route s": {"support"},
    "%prompt run geo/capital --model router/": {"router/support"},
    "%%prompt geo/capital --model rou": {"router/support"},
    "%llm_calibrate contains --model rou": {"router/support"},
    "%llm_budget set 5 --scope pro": {"prompt:geo/capital"},
    "%llm_budget set 5 --scope w": {"workspace"},
    "%llm_budget set 5 --scope user:": {"user:ci"},
}
BODIES = {
    '%%prompt x\n{% include "geo/ca': {"geo/capital"},
    "%%prompt x\n---\ninputs:\n  question: string\n---\nSay {{ que": {"question"},
    "%%prompt x\n{{ ima": {"image"},
}


CELL = """%%prompt geo/capital --label candidate
---
inputs: {country: string, tone: {type: string, enum: [kind, formal], default: kind}}
---
{{ tone }} Capital of {{ country }}?"""


@pytest.mark.parametrize("cell", BODIES)
def test_completes_in_a_template(shell, cell):
    shell.ok(CELL)
    assert set(shell.complete(cell)) == BODIES[cell]


TOML = """[endpoints.acme]
base_url = "http://127.0.0.1:9/v1"
[router.support]
strategy = "fallback"
models = ["acme/small", "acme/large"]
"""


@pytest.mark.parametrize("line", LINES)
def test_completes(shell, folder, monkeypatch, line):
    (folder / "llmops.toml").write_text(TOML)
    monkeypatch.setenv("LLMOPS_ACTOR", "ci")
    shell.ok(CELL)
    shell.ip.push({"place": "France"})
    shell.ok("def chain(country): return country")
    (folder / "folder").mkdir()
    assert set(shell.complete(line)) == LINES[line]
    assert set(shell.ip.complete(None, line, len(line))[1]) == LINES[line]


def test_all_options_are_offered(shell):
    offered = set(shell.complete("%llm_eval x --"))
    assert {"--data", "--scorers", "--baseline", "--help", "--traceback"} <= offered


def test_other_lines_are_left_alone(shell):
    shell.ip.push({"longer_name": 1})
    assert "longer_name" in shell.complete("longer_n")
    assert "%timeit" in shell.complete("%timei")


def test_broken_workspace_does_not_break_typing(shell, folder):
    (folder / "llmops.toml").write_text("not toml")
    for line in ("%llm_eval geo", "%llm_eval x --model ope", "%llm_router show sup"):
        assert shell.complete(line) == []
