"""What ``workspace.prompts`` adds to the registry: models, evals, rules, masks."""

import json

import pytest
from sqlalchemy import func, select

from llmops_magics.errors import PromptError, ScorerError, UsageError
from llmops_magics.storage.table import audit_event, dataset_version
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

KEY = "sk-proj-" + "a1B2" * 8
TESTED = (
    "---\ntests: {data: cases.jsonl, rules: ['contains >= 0.5']}\n---\nCapital of {{ country }}?"
)
PNG = bytes.fromhex("89504e470d0a1a0a") + b"rest"


@pytest.fixture
def workspace(folder):
    rows = [{"country": f"c{n}", "expected": "Paris"} for n in range(12)]
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = Workspace(folder)
    yield made
    made.close()


def count(workspace, table):
    with workspace.store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar()


def test_what_is_shown_is_masked_and_what_is_sent_is_not(workspace, endpoint):
    server = endpoint(f"use {KEY}")
    workspace.prompts.register("p", "Key: {{ key }}")
    assert KEY not in str(workspace.prompts.render("p", key=KEY).to_dict())
    answer = workspace.prompts.run("p", key=KEY)
    assert KEY not in str(answer.to_dict())
    assert server.requests[0]["messages"][0]["content"] == f"Key: {KEY}"
    assert workspace.ask("p", key=KEY) == f"use {KEY}"


def test_capture_full_masks_nothing(workspace, endpoint, monkeypatch):
    monkeypatch.setenv("LLMOPS_CAPTURE", "full")
    workspace.prompts.register("p", "Key: {{ key }}")
    assert KEY in workspace.prompts.render("p", key=KEY).messages[0]["content"]


def test_a_preview_reads_datasets_and_images_and_writes_nothing(workspace, folder):
    (folder / "a.png").write_bytes(PNG)
    source = (
        "---\nexamples: {dataset: cases.jsonl, limit: 1}\n---\n"
        "{{ image('a.png') }} Capital of {{ country }}?"
    )
    seen = workspace.prompts.preview("p", source)
    assert count(workspace, dataset_version) == count(workspace, audit_event) == 0
    assert not list((folder / ".llmops" / "artifacts").rglob("*"))
    made = workspace.prompts.register("p", source)
    assert seen.digest == made.digest
    assert count(workspace, dataset_version) == 1
    assert made.examples.cases[0].expected == "Paris"


def test_a_rendering_takes_samples_a_run_does_not(workspace, endpoint):
    endpoint("Paris")
    workspace.prompts.register("p", "---\nsample: {x: 1}\n---\n{{ x }} {{ y }}")
    rendered = workspace.prompts.render("p", y=2)
    assert (rendered.messages[0]["content"], rendered.sampled) == ("1 2", ("x",))
    with pytest.raises(PromptError, match="'x' is missing"):
        workspace.prompts.run("p", y=2)


def test_passing_tests_give_the_label_and_are_run_once(workspace, endpoint):
    server = endpoint("Paris")
    workspace.prompts.register("p", TESTED)
    seen = []
    move = workspace.prompts.label("p", "candidate", on_progress=lambda *said: seen.append(said))
    assert (move.after, move.forced) == (1, False)
    assert seen[-1] == ("p@1", 12, 12)
    workspace.prompts.label("p", "other")
    assert len(server.requests) == 12


def test_tests_that_are_not_sure_are_run_once_a_label_and_refuse_it(workspace, endpoint):
    server = endpoint([Reply.error(400), *["Paris"] * 11])
    workspace.prompts.register("p", TESTED.replace("contains >= 0.5", "errors == 0"))
    with pytest.raises(PromptError, match="its tests say FAIL"):
        workspace.prompts.label("p", "candidate", on_progress=lambda *_: None)
    assert len(server.requests) == 12
    assert workspace.prompts.get("p").labels == ()


def test_a_label_that_points_there_already_costs_nothing(workspace, endpoint):
    server = endpoint("Rome")
    workspace.prompts.register("p", TESTED)
    workspace.prompts.label("p", "candidate", force=True, reason="known")
    made = len(server.requests)
    assert not workspace.prompts.label("p", "candidate").changed
    assert len(server.requests) == made


def test_tests_may_name_scorers_of_the_notebook(workspace, endpoint):
    endpoint("Paris")
    workspace.prompts.register("p", TESTED.replace("contains", "short"))

    def short(output):
        return len(output) < 20

    assert workspace.prompts.test("p", namespace={"short": short}).verdict == "PASS"
    with pytest.raises(ScorerError, match="no scorer 'short'"):
        workspace.prompts.test("p")


def test_bisect_takes_short_references_and_refuses_other_prompts(workspace, endpoint):
    endpoint("Paris")
    for text in ("Capital of {{ country }}?", "Capital of {{ country }}, please?"):
        workspace.prompts.register("p", text)
    workspace.prompts.register("q", "Capital of {{ country }}?")
    found = workspace.prompts.bisect("p", "contains", good="1", bad="2", data="cases.jsonl")
    assert (found.culprits, found.evals_run) == ((), 2)
    with pytest.raises(UsageError, match="q@1 is no version of p"):
        workspace.prompts.bisect("p", "contains", good="q@1", bad="2", data="cases.jsonl")


def test_blame_reads_and_writes_nothing(workspace, endpoint):
    endpoint("Paris")
    workspace.prompts.register("p", "Capital of {{ country }}?")
    workspace.evaluate("p", "cases.jsonl", ["contains"])
    before = count(workspace, audit_event)
    blame = workspace.prompts.blame("p", "contains", data="cases.jsonl")
    assert (blame.steps, blame.unmeasured) == ((), ())
    assert count(workspace, audit_event) == before


def test_ablate_measures_each_part_alone(workspace, endpoint):
    endpoint("Paris")
    workspace.prompts.register("p", "Be kind. Capital of {{ country }}?")
    workspace.prompts.register("p", "Be brief. Capital of {{ country }}? Thanks.")
    found = workspace.prompts.ablate("p@2", "contains", base="p@1", data="cases.jsonl")
    assert [hunk.effect.verdict for hunk in found.hunks] == ["within noise"] * 2
    assert workspace.prompts.log("p").entries[0].evals[0].scores[0].mean == 1.0


def test_a_rule_that_cannot_be_read_is_refused_before_anything_is_written(workspace):
    source = TESTED.replace("contains >= 0.5", "contains >> 0.5")
    for make in (workspace.prompts.preview, workspace.prompts.register):
        with pytest.raises(UsageError, match="cannot be read"):
            make("p", source)
    assert list(workspace.prompts.names()) == []


def test_a_label_does_not_go_from_a_tested_version_to_an_untested_one(workspace, endpoint):
    endpoint("Paris")
    workspace.prompts.register("p", TESTED)
    workspace.prompts.label("p", "candidate")
    workspace.prompts.register("p", "Capital of {{ country }}?")
    with pytest.raises(PromptError, match="p@2 names no tests, and p@1"):
        workspace.prompts.label("p", "candidate")
    move = workspace.prompts.label("p", "candidate", force=True, reason="tests move elsewhere")
    assert move.after == 2
