"""``%llm_dataset`` in a real shell."""

import pytest

from llmops_magics.command.dataset import OPERATIONS
from llmops_magics.workspace import current_workspace


@pytest.fixture
def faq(shell):
    rows = [{"id": "a", "q": "one?", "tags": ["x"]}, {"id": "b", "q": "two?"}]
    shell.ip.push({"rows": rows, "more": [{"q": "three?"}]})
    shell.ok("%llm_dataset import faq rows -m first")
    return shell


def test_help_names_every_operation(shell):
    page = shell.ok("%llm_dataset --help").out
    assert all(f"\n  {name} " in page for name in OPERATIONS)
    assert "example:\n  %llm_dataset sample" in shell.ok("%llm_dataset sample --help").out
    assert "did you mean %llm_dataset add" in shell.refused("%llm_dataset ad x").lower()


def test_a_variable_is_imported_added_to_and_compared(faq):
    added = faq.ok("%llm_dataset add faq more").value
    assert (added.ref, added.added) == ("faq@2", ("case-003",))
    assert faq.ok("%llm_dataset diff faq@1 faq").value.added == ("case-003",)
    assert faq.ok("%llm_dataset list").value.datasets[0].case_count == 3
    assert "two?" in str(faq.ok("%llm_dataset show faq@1").result.result)


def test_a_frozen_name_refuses_until_a_reason_is_given(faq):
    faq.ok("%llm_dataset freeze faq --reason 'release set'")
    assert "faq is frozen at @1" in faq.refused("%llm_dataset add faq more")
    assert "only with a reason" in faq.refused("%llm_dataset freeze faq --unfreeze")
    faq.ok("%llm_dataset freeze faq --unfreeze --reason 'new cases'")
    assert faq.ok("%llm_dataset add faq more").value.number == 2


def test_a_schema_is_a_variable(faq):
    faq.ip.push({"wanted": {"required": ["q"], "properties": {"q": {"type": "string"}}}})
    assert faq.ok("%llm_dataset schema faq --set wanted").value.is_set
    assert "field 'q' is missing" in faq.refused("%llm_dataset add faq [0]".replace("[0]", "wrong"))


@pytest.fixture(autouse=True)
def wrong(shell):
    shell.ip.push({"wrong": [{"other": 1}]})


def test_sample_check_and_export(faq, folder):
    assert faq.ok("%llm_dataset sample faq -n 1 --slice x --to one").value.case_count == 1
    assert not faq.ok("%llm_dataset check faq").value.found
    faq.ok("%llm_dataset export faq out/faq.csv")
    faq.ok("%llm_dataset import again out/faq.csv")
    datasets = current_workspace().datasets
    assert datasets.get("again").digest == datasets.get("faq").digest


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("add faq", "Say what to add"),
        ("add faq more --failing run-1", "only one of them"),
        ("add faq more --scorer contains", "--scorer goes with --failing only"),
        ("add faq --failing run-1", "no eval run 'run-1'"),
        ("add faq --from-trace 12", "no trace '12'"),
        ("import faq@2 rows", "cannot be a dataset's name"),
        ("import faq nope.csv", "is not there"),
        ("show nope", "There is no dataset 'nope'"),
        ("sample faq -n 0", "not 0"),
        ("export faq ../x.xlsx", "'.xlsx'"),
    ],
)
def test_wrong_usage_is_one_line(faq, line, reason):
    assert reason in faq.refused(f"%llm_dataset {line}")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%llm_dataset sa", {"sample"}),
        ("%llm_dataset show fa", {"faq"}),
        ("%llm_dataset diff faq@1 faq@", {"faq@1"}),
        ("%llm_dataset import faq mor", {"more"}),
        ("%llm_dataset freeze faq --un", {"--unfreeze"}),
        ("x = %llm_dataset add faq --failing r --scorer conta", {"contains"}),
    ],
)
def test_completes(faq, line, offered):
    assert set(faq.complete(line)) == offered
