"""``%prompt`` in a real shell: what it shows, what it refuses, and what ``%%prompt`` can say."""

import json

import pytest

from llmops_magics.command.prompt import OPERATIONS
from llmops_magics.workspace import current_workspace


@pytest.fixture
def two(shell):
    """The shell with two versions of ``geo/capital``."""
    shell.ok("%%prompt geo/capital\nCapital of {{ country }}?")
    shell.ok("%%prompt geo/capital -m polite\nCapital of {{ country }}, please?")
    return shell


def value(shown):
    return shown.value.to_dict()


def test_help_names_every_operation(shell):
    page = shell.ok("%prompt --help").out
    assert all(f"\n  {name} " in page for name in OPERATIONS)
    assert page == shell.ok("%prompt").out
    assert "example:\n  %prompt rollback" in shell.ok("%prompt rollback --help").out


@pytest.mark.parametrize(("magic", "words"), [("%%prompt", "--dry-run"), ("%prompt", "rollback")])
def test_a_question_mark_shows_help_with_examples(shell, magic, words):
    page = shell.ok(f"{magic}?").out
    assert words in page
    assert "example" in page


def test_an_operation_that_is_none_says_which_there_are(shell):
    line = shell.refused("%prompt rolback geo/capital x")
    assert "no operation 'rolback'. Did you mean %prompt rollback?" in line


def test_log_diff_and_show_return_records(two):
    assert [e["number"] for e in value(two.ok("%prompt log geo/capital"))["entries"]] == [2, 1]
    [change] = value(two.ok("%prompt diff geo/capital@1 geo/capital"))["changes"]
    assert (change["field"], change["after"]) == ("user", "Capital of {{ country }}, please?")
    assert value(two.ok("version = %prompt show geo/capital@1\nversion"))["number"] == 1


def test_label_and_rollback(two):
    two.ok("%prompt label geo/capital@1 candidate")
    two.ok("%prompt label geo/capital@2 candidate")
    move = value(two.ok("%prompt rollback geo/capital candidate --reason 'too polite'"))
    assert (move["before"], move["after"], move["reason"]) == (2, 1, "too polite")
    assert value(two.ok("%prompt rollback geo/capital candidate --forward"))["after"] == 2


def test_render_and_run_take_the_notebooks_variables(two, endpoint):
    server = endpoint("Paris")
    two.ip.push({"place": "France"})
    rendered = value(two.ok("%prompt render geo/capital country=@place"))
    assert rendered["messages"][0]["content"] == "Capital of France, please?"
    assert value(two.ok("%prompt run geo/capital country={place}"))["text"] == "Paris"
    assert server.requests[0]["messages"][0]["content"] == "Capital of France, please?"


def test_dry_run_shows_the_change_and_registers_nothing(two):
    shown = two.ok("%%prompt geo/capital --dry-run\nName the capital of {{ country }}.")
    assert "Name the" in shown.displayed[0]["text/plain"]
    assert current_workspace().prompts.get("geo/capital").number == 2


def test_settings_tools_schema_and_tags_are_part_of_the_version(shell):
    tool = {"name": "look_up", "parameters": {"type": "object", "properties": {}}}
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    shell.ip.push({"tools": [tool], "schema": schema})
    shell.ok(
        "%%prompt geo/capital --temperature 0 --seed 7 --stop '[\"\\n\"]' --reasoning-effort low "
        "--tools tools --response-format schema --tag team=geo --tag tried=yes\n"
        "Capital of {{ country }}?"
    )
    version = current_workspace().prompts.get("geo/capital")
    assert version.settings["temperature"] == 0
    assert (version.settings["seed"], version.settings["reasoning_effort"]) == (7, "low")
    assert version.settings["response_format"]["json_schema"]["schema"] == schema
    assert version.tools[0]["function"]["name"] == "look_up"
    assert version.tags == {"team": "geo", "tried": "yes"}


def test_a_version_can_begin_with_another(two):
    two.ok("%%prompt geo/polite --from geo/capital@2 --temperature 1\n\n")
    version = current_workspace().prompts.get("geo/polite")
    assert version.messages[0].content == "Capital of {{ country }}, please?"
    assert version.settings == {"temperature": 1}


def test_a_label_is_given_with_the_version(two):
    shown = two.ok("%%prompt geo/capital --label candidate\nCapital of {{ country }}? Only it.")
    assert shown.kinds() == ["prompt-version", "label-move"]
    assert current_workspace().prompts.get("geo/capital@candidate").number == 3


def test_a_protected_label_is_refused_before_anything_is_written(two):
    line = two.refused("%%prompt geo/capital --label production\nAnything else?")
    assert "only a release moves it" in line
    assert current_workspace().prompts.get("geo/capital").number == 2


def test_typed_variables_are_held_to_their_types(shell):
    head = "---\ninputs:\n  tone: {type: string, enum: [kind, formal], default: kind}\n"
    shell.ok(
        f"%%prompt greet\n{head}  n: {{type: integer, minimum: 1}}\n---\n{{{{ tone }}}} {{{{ n }}}}"
    )
    assert value(shell.ok("%prompt render greet n=2"))["messages"][0]["content"] == "kind 2"
    assert "tone" in shell.refused("%prompt render greet n=2 tone=rude")
    assert "'n'" in shell.refused("%prompt render greet n=0")
    assert "'m'" in shell.refused("%prompt render greet n=1 m=1")


def test_failing_tests_refuse_a_label_unless_forced(capital):
    rows = [json.dumps({"country": "x", "expected": "Lima"}) for _ in range(12)]
    (current_workspace().root / "cases.jsonl").write_text("\n".join(rows))
    head = "---\ntests:\n  data: cases.jsonl\n  rules: ['contains >= 0.8']\n---\n"
    shown = capital.run(
        f"%%prompt geo/tested --label candidate\n{head}Capital of {{{{ country }}}}?"
    )
    assert "contains >= 0.8" in shown.err
    assert "--force --reason" in shown.err
    prompts = current_workspace().prompts
    assert prompts.get("geo/tested").labels == ()
    assert prompts.test("geo/tested").verdict == "FAIL"
    assert "--reason" in capital.refused("%prompt label geo/tested candidate --force")
    move = value(capital.ok("%prompt label geo/tested candidate --force --reason 'known gap'"))
    assert (move["forced"], move["reason"]) == (True, "known gap")
    assert current_workspace().verify_audit().problems == ()
