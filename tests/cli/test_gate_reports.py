"""What ``llmops gate`` writes for a CI service, and its other operations, on small notebooks."""

from __future__ import annotations

import json
from xml.etree.ElementTree import fromstring

import nbformat
import pytest

from llmops_magics.cli.gate import with_run
from llmops_magics.workspace import Workspace

PARAMETERS = "bound = 0.5  # type: float; what must hold\nnote = ''  # type: str; anything"
EVALUATE = (
    "import llmops_magics\n"
    "cases = [{'id': f'c{n}', 'question': f'Q{n}?', 'expected': 'Paris'} for n in range(20)]\n"
    "run = llmops_magics.evaluate('geo/capital', cases, ['contains'])\nrun"
)
GATE = "llmops_magics.gate(run, rules=[f'contains >= {bound}'])"


@pytest.fixture
def gates(folder, endpoint):
    """A workspace with the notebooks one and two, and an endpoint that is right."""
    endpoint("It is Paris.")
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    workspace = Workspace(folder)
    workspace.prompts.register("geo/capital", "{{ question }}", model="openai/scripted")
    workspace.close()
    (folder / "gates").mkdir()
    for name in ("one", "two"):
        extra = "\nwho = 'ann'  # type: str; who asks" if name == "two" else ""
        cells = [nbformat.v4.new_code_cell(c) for c in (PARAMETERS + extra, EVALUATE, GATE)]
        cells[0].metadata["tags"] = ["parameters"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "gates" / f"{name}.ipynb")
    return folder


@pytest.mark.parametrize(
    "case",
    [
        (["gate", "x.ipynb"], ["gate", "run", "x.ipynb"]),
        (
            ["--traceback", "gate", "-p", "a=1", "x"],
            ["--traceback", "gate", "run", "-p", "a=1", "x"],
        ),
        (["gate", "lint", "x"], ["gate", "lint", "x"]),
        (["gate", "run", "lint"], ["gate", "run", "lint"]),
        (["gate", "--help"], ["gate", "--help"]),
        (["gate"], ["gate"]),
        (["prompt", "gate"], ["prompt", "gate"]),
        ([], []),
    ],
)
def test_run_need_not_be_said(case):
    written, meant = case
    assert with_run(written) == meant


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_at_once_and_everything_that_ci_shows(gates, llmops, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(gates / "step.md"))
    (gates / "params.yaml").write_text("note: from the file\nwho: bob\nbound: 0.9\n")
    first = llmops("gate", "gates/one.ipynb", "note=first")
    assert first.returncode == 0, first.stdout + first.stderr
    done = llmops(
        "gate", "gates/one.ipynb", "gates/two.ipynb", "-f", "params.yaml", "-p", "bound=0.999",
        "--jobs", "2", "--env", "staging", "--junit", "junit.xml", "--markdown", "comment.md",
        "--github",
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "2 gates: 2 INCONCLUSIVE" in done.stdout
    assert "::warning file=gates/one.ipynb,title=one.ipynb%3A INCONCLUSIVE::" in done.stdout
    suites = fromstring((gates / "junit.xml").read_bytes())
    assert [(s.get("name"), s.get("errors")) for s in suites] == [
        ("one.ipynb", "1"),
        ("two.ipynb", "1"),
    ]
    comment = (gates / "comment.md").read_text()
    assert comment == (gates / "step.md").read_text()
    assert "| ❔ | one.ipynb | **INCONCLUSIVE**" in comment
    assert "No earlier run of two has passed geo/capital" in comment
    records = [json.loads(p.read_bytes()) for p in (gates / "archive").glob("*/gate.json")]
    by_name = {r["notebook"]: r for r in records if r["environment"]}
    assert by_name["two.ipynb"]["parameters"] == {
        "note": "from the file",
        "who": "bob",
        "bound": 0.999,
    }
    assert "who" not in by_name["one.ipynb"]["parameters"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_dossier_is_replayed_at_no_cost_and_compared(gates, llmops, endpoint):
    assert llmops("gate", "gates/one.ipynb").returncode == 0
    (gates / "gates" / "one.ipynb").unlink()
    server = endpoint("It is Lyon.")
    again = llmops("gate", "replay", "newest", "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(again.stdout)["mode"] == "replay"
    assert server.requests == []
    [live] = [
        p for p in (gates / "archive").glob("one-*") if '"live"' in (p / "gate.json").read_text()
    ]
    compared = llmops("gate", "diff", live, "newest")
    assert compared.returncode == 0, compared.stderr
    chance = llmops("gate", live, "--aa", "50", "--json")
    assert chance.returncode == 0, chance.stderr
    found = json.loads(chance.stdout)
    assert (found["method"], found["decisions"], found["cases"]) == ("resampled", 50, 20)
    assert (found["gate"], found["failed"]["count"]) == ("one", 0)  # all twenty are right


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_gate_is_really_run_again_and_counted(gates, llmops):
    again = ("gate", "gates/one.ipynb", "--aa", "2", "--live", "--jobs", "2")
    done = llmops(*again, "--json", "-p", "bound=0.999")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["method"], found["decisions"], found["cases"]) == ("live", 2, 20)
    assert (found["failed"]["count"], found["inconclusive"]["count"]) == (0, 2)
    assert found["rules"][0]["rule"] == "contains >= 0.999"
    assert len(list((gates / "archive").glob("one-*/dossier.dsse.json"))) == 2


@pytest.mark.slow
def test_a_full_disk_keeps_what_there_is_and_is_four(gates, llmops):
    """No file may grow beyond a megabyte, which the kernel's own store does not reach."""
    import resource

    path = gates / "gates" / "one.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source += "\nprint(('x' * 99 + '\\n') * 30_000)"
    nbformat.write(notebook, path)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))

    done = llmops("gate", "gates/one.ipynb", preexec_fn=limited)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    kept = list((gates / "archive").glob("**/gate.json"))
    kept += list((gates / "archive").glob(".*/gate.json"))
    assert json.loads(kept[0].read_bytes())["verdict"] is None


def test_new_lint_and_show(gates, llmops):
    made = llmops(
        "gate", "new", "refunds", "--template", "cost", "-p", "budget_usd=5", "-p", "data=r.csv"
    )
    assert made.returncode == 0, made.stderr
    written = gates / "notebooks" / "gates" / "refunds.ipynb"
    source = nbformat.read(written, 4).cells[1].source
    assert 'data = "r.csv"  # type: str; CSV' in source
    assert "budget_usd = 5  # type: float" in source
    assert llmops("gate", "lint", written).returncode == 0
    assert "budget_usd: float = 5\n" in llmops("gate", "show", written).stdout
    notebook = nbformat.read(written, 4)
    notebook.cells[2].source += "\nopen('/home/ann/x')"
    nbformat.write(notebook, written)
    bad = llmops("gate", "lint", written, "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["findings"][0]["rule"] == "absolute-path"


@pytest.mark.parametrize(
    "case",
    [
        (("gates/one.ipynb", "gates/two.ipynb", "-p", "nosuch=1"), "None of the notebooks has"),
        (("gates/one.ipynb", "--env", "moon"), "no environment 'moon'"),
        (("gates/one.ipynb", "--mode", "replay"), "A replay needs a dossier"),
        (("gates/one.ipynb", "--archive", "nosuch://x"), "Nothing can be archived at"),
        (("gates/one.ipynb", "-f", "nosuch.yaml"), "cannot be read"),
        (("note=1",), "No notebook is named"),
        (("gates/one.ipynb", "gates/two.ipynb", "--aa", "2", "--live"), "one notebook"),
        (("gates/one.ipynb", "--live"), "--live belongs to --aa"),
        (("new", "../x"), "no name for a gate"),
        (("new", "x", "--template", "moon"), "no template 'moon'"),
        (("new", "x", "-p", "nosuch=1"), "no parameter 'nosuch'"),
    ],
)
def test_wrong_usage_is_one_line(gates, refused, case):
    words, said = case
    assert said in refused("gate", *words)
