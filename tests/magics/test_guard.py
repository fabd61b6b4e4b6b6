"""``%%guard`` and ``%guard`` in a real shell."""

from __future__ import annotations

import pytest

from llmops_magics.command.guard import OPERATIONS

KEY = "sk-ant-api03-" + "Zx9" * 20
DATA = f"note = 'my key is {KEY}'\nrows = [{{'a': 'ann@example.org'}}, {{'a': 'nothing'}}]"


@pytest.fixture
def data(shell, folder):
    shell.ok(DATA)
    (folder / "a.md").write_text(f"one\n{KEY}")
    return shell


def names(report):
    return [source.name for source in report.sources]


def test_help_names_every_operation(shell):
    page = shell.ok("%guard --help").out
    assert all(f"\n  {name} " in page for name in OPERATIONS)
    assert "example:\n  %guard scan" in shell.ok("%guard scan --help").out
    assert "%%guard --boundary output" in shell.ok("%%guard --help\nx").out
    assert "did you mean %guard detectors" in shell.refused("%guard detector").lower()


def test_a_cell_is_scanned_and_never_run(shell):
    shown = shell.ok(f"%%guard --detectors secrets,pii\nx = 1  # {KEY}\nwrite to ann@example.org")
    report = shown.value
    assert "x" not in shell.ip.user_ns
    assert set(report.by_kind) == {"secret.anthropic-key", "pii.email"}
    assert (report.target, names(report)) == ("cell", ["cell"])
    bundle = report._repr_mimebundle_()
    assert KEY not in str(bundle)
    assert "ann@example.org" not in str(bundle)


def test_the_boundary_of_a_cell_can_be_given(shell):
    assert "leakage" in shell.ok("%%guard\nhello").value.idle
    assert "leakage" not in shell.ok("%%guard --boundary output\nhello").value.idle
    assert "invalid choice" in shell.refused("%%guard --boundary nowhere\nhello")


def test_variables_files_and_texts_are_scanned(data):
    scan = "%guard scan {} --detectors secrets,pii"
    assert names(data.ok(scan.format("note")).value) == ["note"]
    assert names(data.ok(scan.format("rows")).value) == ["rows[0]"]
    assert names(data.ok(scan.format("a.md note")).value) == ["a.md", "note"]
    report = data.ok(scan.format("write to ann@example.org please")).value
    assert (report.target_kind, report.by_kind) == ("text", {"pii.email": 1})
    data.ok("import pandas as pd\ndf = pd.DataFrame(rows)")
    assert names(data.ok(scan.format("df")).value) == ["df['a'], row 0"]


def test_a_word_that_names_nothing_is_refused(data):
    assert "is no file or folder" in data.refused("%guard scan nope")
    assert "`text:`" in data.refused("%guard scan nope")
    assert data.ok("%guard scan text:nope --detectors pii").value.outcome == "clean"


def test_a_run_is_scanned_by_what_was_asked_and_answered(capital, endpoint):
    run = capital.ok("run = %llm_eval geo/capital --data cases --scorers contains\nrun").value
    report = capital.ok(f"%guard scan {run.run_id} --detectors pii").value
    assert (report.target_kind, report.target) == ("run", run.run_id)
    assert report.source_count >= 4
    assert capital.ok("%guard scan run --detectors pii").value.target_kind == "run"


def test_a_detector_that_cannot_look_is_seen(shell):
    shown = shell.ok("%%guard --detectors nope\nhello").value
    assert shown.outcome == "failed"
    assert "there is no detector" in str(shown)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%guard sc", {"scan"}),
        ("%guard scan not", {"note"}),
        ("%guard scan a.", {"a.md"}),
        ("%guard scan note --boundary to", {"tool_call", "tool_result"}),
        ("%guard scan note --detectors injection,sec", {"secrets"}),
        ("%%guard --det", {"--detectors"}),
        ("x = %guard bench a.", {"a.md"}),
    ],
)
def test_completes(data, line, offered):
    assert set(data.complete(line)) == offered
