"""What ``workspace.datasets`` adds to the registry: prompts, evals, traces, masks."""

import pytest

from llmops_magics.errors import DatasetError, UsageError
from llmops_magics.workspace import Workspace

ROWS = [
    {"id": f"c{n}", "q": f"question {n} of the customer {n * 7919}", "expected": "Paris"}
    for n in range(6)
]
MAIL = "ada@example.org"


@pytest.fixture
def workspace(folder):
    made = Workspace(folder)
    yield made
    made.close()


@pytest.fixture
def datasets(workspace):
    workspace.datasets.import_data("faq", ROWS)
    return workspace.datasets


def test_import_add_and_diff(datasets):
    change = datasets.add("faq", [{"q": "a new one"}, ROWS[0]])
    assert (change.ref, change.before, change.unchanged) == ("faq@2", 1, 1)
    assert datasets.diff("faq@1", "faq").added == change.added == ("case-007",)
    assert not datasets.add("faq", [{"q": "a new one"}]).is_new
    back = datasets.import_data("faq", ROWS)
    assert (back.ref, back.removed, back.unchanged) == ("faq@3", ("case-007",), 6)
    assert back.digest == datasets.get("faq@1").digest


def test_a_schema_that_is_set_binds_every_version_after(datasets):
    wanted = {"properties": {"q": {"maxLength": 40}}, "required": ["q", "expected"]}
    made = datasets.schema("faq", new=wanted)
    assert (made.ref, made.is_set, made.is_new) == ("faq@2", True, True)
    assert not datasets.schema("faq", new=wanted).is_new
    for refused in ([ROWS[0], {"q": "x" * 41, "expected": ""}], [ROWS[0], {"q": "x"}]):
        with pytest.raises(DatasetError, match=r"row 2 \(case-"):
            datasets.add("faq", refused)
        with pytest.raises(DatasetError, match=r"row 2 \(case-"):
            datasets.import_data("faq", refused)
    assert datasets.add("faq", [{"q": "x", "expected": "y"}]).number == 3
    assert datasets.schema("faq").is_set
    assert not datasets.schema("faq@1").is_set
    with pytest.raises(DatasetError, match="row 1"):
        datasets.schema("faq", new={"required": ["nope"]})


def test_types_of_an_inferred_schema_bind_what_is_added(datasets):
    with pytest.raises(DatasetError, match=r"row 1 \(case-007\), field 'q' is 7, but must be a t"):
        datasets.add("faq", [{"q": 7}])


def test_what_failed_in_a_run_is_added(workspace, datasets, endpoint):
    endpoint("Paris")
    workspace.prompts.register("p", "Answer {{ q }}")
    workspace.datasets.import_data("mixed", [*ROWS, {"id": "no", "q": "Peru?", "expected": "Lima"}])
    run = workspace.evaluate("p", "mixed", ["contains", "token_f1"])
    assert datasets.add_failing("hard", run.run_id).added == ("no",)
    assert datasets.add_failing("hard", run.run_id, scorer="token_f1", below=0.5).is_new is False
    assert datasets.get("hard").cases[0].expected == "Lima"
    with pytest.raises(UsageError, match="Say from where it fails"):
        datasets.add_failing("hard", run.run_id, scorer="token_f1")
    with pytest.raises(UsageError, match="no score 'nope'"):
        datasets.add_failing("hard", run.run_id, scorer="nope")
    uses = datasets.show("mixed").uses
    assert [(use.what, use.ref) for use in uses] == [("eval", "p@1")]


def test_a_traced_call_is_added(workspace, datasets, endpoint):
    endpoint("Rome")
    workspace.prompts.register("p", "Capital of {{ country }}?")
    with workspace.tracing.span("cell") as root:
        workspace.ask("p", country="Italy")
    trace_id = f"{root.get_span_context().trace_id:032x}"
    change = datasets.add_from_trace("faq", trace_id)
    case = change.dataset.cases[-1]
    assert (case.inputs, case.expected) == ({"q": "Capital of Italy?"}, None)
    assert not datasets.add_from_trace("faq", trace_id).is_new
    made = datasets.add_from_trace("new", trace_id, expected="@output", column="ask")
    assert made.dataset.cases[0].inputs == {"ask": "Capital of Italy?"}
    assert made.dataset.cases[0].expected == "Rome"
    with pytest.raises(DatasetError, match="There is no trace '0'"):
        datasets.add_from_trace("faq", "0")


def test_what_a_prompt_shows_is_found_and_noted(workspace, datasets):
    head = "---\nexamples: {dataset: faq, ids: [c1, c4]}\n---\n"
    workspace.prompts.register("p", head + "Never answer as in:\n" + ROWS[2]["q"] + "\n{{ q }}")
    assert [leak.case_id for leak in datasets.check("faq").leaks] == ["c1", "c4"]
    check = datasets.check("faq", prompt="p")
    assert {(leak.case_id, leak.place) for leak in check.leaks} == {
        ("c1", "example 1"),
        ("c4", "example 2"),
        ("c2", "message"),
    }
    change = datasets.import_data("copy", [{"id": "x", "q": ROWS[1]["q"].upper()}])
    assert change.notes == ("1 case is in the examples of p@1, whose evals they flatter",)
    assert ("examples", "p@1") in [(use.what, use.ref) for use in datasets.show("faq").uses]


def test_duplicates_are_noted_when_they_come(datasets):
    (note,) = datasets.add("faq", [{"q": ROWS[0]["q"] + "  ", "expected": "Rome"}]).notes
    assert note.startswith("1 input is there more than once, 1 of them with different answers")
    assert datasets.add("faq", [{"q": "nothing like the others, at all"}]).notes == ()


def test_what_is_shown_is_masked_and_what_is_kept_is_not(workspace, datasets):
    rows = [{"id": MAIL, "q": f"write to {MAIL}", "tags": [MAIL], "expected": MAIL}]
    made = [datasets.import_data("mails", rows, message=f"from {MAIL}")]
    made += [datasets.add("mails", [{"id": MAIL, "q": f"to {MAIL}, now"}], replace=True)]
    made += [datasets.show("mails"), datasets.list(), datasets.schema("mails")]
    made += [datasets.diff("mails@1", "mails"), datasets.check("mails"), datasets.get("mails")]
    made += [datasets.sample("mails", 1, part=f"id={MAIL}"), datasets.freeze("mails", reason=MAIL)]
    import llmops_magics.views  # noqa: F401

    for record in made:
        assert MAIL not in str(record._repr_mimebundle_()), record.kind
    assert datasets.get("mails@1").cases[0].inputs["q"] == f"write to {MAIL}"
    with workspace.store.read() as connection:
        from llmops_magics.audit import trail

        assert MAIL not in str([event.to_dict() for event in trail.events(connection)])


def test_a_notebook_holds_the_first_of_many(datasets):
    change = datasets.import_data("many", [{"q": f"{n} {n * n}"} for n in range(500)])
    import llmops_magics.views  # noqa: F401

    shown = change._repr_mimebundle_()[change.mime_type()]
    assert (len(shown["added"]), shown["added_count"]) == (200, 500)
    assert len(change.to_dict()["added"]) == 500


def test_a_sample_is_a_dataset_of_its_own(datasets):
    drawn = datasets.sample("faq", 3, seed=1, to="smoke")
    assert (drawn.ref, drawn.case_count) == ("smoke@1", 3)
    assert datasets.get("smoke").digest == drawn.dataset.digest == drawn.digest
    assert len(datasets.export("faq", "part.jsonl", part="id=c1").path) == 10
    with pytest.raises(DatasetError, match="No case of faq@1 is in the slice 'nope'"):
        datasets.show("faq", part="nope")
