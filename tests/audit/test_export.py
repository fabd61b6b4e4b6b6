from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

from llmops_magics.audit.export import export_trail
from llmops_magics.audit.search import AuditSearch
from llmops_magics.audit.trail import append
from llmops_magics.errors import AuditError
from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    with opened.write() as connection:
        for n in range(5):
            body = {"reason": "=1+1", "before": n, "after": {"é": n}, "note": "x"}
            append(connection, actor="jo", action="prompt.label", resource=f"greet@{n}", body=body)
    yield opened
    opened.close()


@pytest.fixture
def export(store, tmp_path):
    def run(format_, name, **filters):
        with store.read() as connection:
            return export_trail(connection, format_, tmp_path / name, AuditSearch(**filters))

    return run


def verify(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-I", "verify_export.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_lines_verify_without_the_package(export, tmp_path):
    made = export("jsonl", "trail.jsonl")
    assert (made.events, made.first_seq, made.last_seq) == (5, 1, 5)
    assert verify(tmp_path, "trail.jsonl", made.head) == (0, f"ok: 5 events, head {made.head}\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: [lines[0].replace("greet@0", "greet@9"), *lines[1:]], "event 1 is not what"),
        (lambda lines: [*lines[:2], *lines[3:]], "event 4 does not follow"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "does not follow"),
        (lambda lines: lines[:4], "the head sha256:"),
    ],
    ids=["changed", "dropped", "swapped", "cut"],
)
def test_a_damaged_export_is_found(export, tmp_path, damage, said):
    made = export("jsonl", "trail.jsonl")
    lines = (tmp_path / "trail.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "trail.jsonl").write_text("\n".join(damage(lines)) + "\n", encoding="utf-8")
    code, words = verify(tmp_path, "trail.jsonl", made.head)
    assert code == 1
    assert said in words


def test_a_part_of_the_chain_verifies_from_where_it_begins(store, export, tmp_path):
    whole = export("jsonl", "all.jsonl")
    third = json.loads((tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()[2])
    part = export("jsonl", "part.jsonl", since=third["time"])
    assert (part.first_seq, part.previous, part.head) == (3, third["previous"], whole.head)
    assert verify(tmp_path, "part.jsonl")[0] == 0


def test_lines_with_events_left_out_are_refused(export):
    with pytest.raises(AuditError, match="left out cannot be verified"):
        export("jsonl", "trail.jsonl", resource="greet@1")


def test_a_table_holds_no_formula(export, tmp_path):
    export("csv", "trail.csv", resource="greet@1")
    with (tmp_path / "trail.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["seq"], row["reason"], row["before"]) == ("2", "'=1+1", "1")
    assert json.loads(row["after"]) == {"é": 1}
    assert json.loads(row["body"]) == {"note": "x"}


def test_a_file_that_cannot_be_written_is_said_and_leaves_nothing(export, tmp_path):
    with pytest.raises(AuditError, match="cannot be written"):
        export("csv", "nowhere/trail.csv")
    assert not list(tmp_path.glob("*.part"))
