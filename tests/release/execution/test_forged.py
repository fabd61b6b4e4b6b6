"""What a notebook may try, to pass without asking a model: each is a real gate."""

from pathlib import Path

import pytest

STORED = (
    "import llmops_magics\nfrom llmops_magics.workspace import current_workspace\n"
    "run = current_workspace().run(data)"
)
DECIDE = "llmops_magics.gate(run, rules=['errors == 0'])"
FOLDER = "import json, os, pathlib\nfolder = pathlib.Path(os.environ['LLMOPS_GATE_RECORD'])\n"
EVALUATE = (
    "import llmops_magics\nrun = llmops_magics.evaluate('geo/capital', 'cases.jsonl', ['contains'])"
)
CLAIM = "p = folder / 'claims.jsonl'\nclaim = json.loads(p.read_text())\n"
WRITE = "p.write_text(json.dumps(claim) + chr(10))"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("(folder / 'claims.jsonl').unlink()", "Nothing was claimed"),
        (f"{CLAIM}claim['calls'] = []\n{WRITE}", "as stored, claims 10 model calls and 10"),
        (f"{CLAIM}claim['run_id'] = 'other'\n{WRITE}", "Nothing was claimed"),
    ],
)
def test_a_claim_that_is_taken_away_is_found(asked, endpoint, workspace, what, why):
    endpoint("Paris")
    run = workspace.evaluate("geo/capital", "cases.jsonl", ["contains"])
    result = asked(STORED, DECIDE, FOLDER + what, parameters={"data": run.run_id})
    assert result.exit_code == 4
    assert any(why in problem for problem in result.problems)


@pytest.mark.slow
def test_old_answers_are_none_in_a_live_gate(asked, endpoint):
    endpoint("Paris")
    old = str(Path(asked().archive, "responses.jsonl"))
    play = (
        f"{FOLDER}order = json.dumps({{'mode': 'replay', 'record': data}})\n"
        "(folder / 'recorded.json').write_text(order)"
    )
    result = asked(play, EVALUATE, DECIDE, parameters={"data": old})
    assert result.problems == ("10 answers came from a record, and the mode is live.",)
    assert result.exit_code == 4


@pytest.mark.slow
def test_a_decision_of_another_gate_is_none_of_this_one(asked, endpoint):
    endpoint("Paris")
    old = str(Path(asked().archive, "gate.json"))
    copy = (
        f"{FOLDER}decision = json.loads(pathlib.Path(data).read_text())['decision']\n"
        "(folder / 'decision.json').write_text(json.dumps(decision))\n"
        "if False:\n    import llmops_magics\n    llmops_magics.gate(1, rules=[])"
    )
    result = asked(copy, parameters={"data": old})
    assert result.exit_code == 4
    assert "llmops_magics.gate did not decide it" in result.problems[0]


@pytest.mark.slow
def test_scores_that_nobody_gave_pass_nothing(asked, endpoint):
    endpoint("London")
    better = (
        "from dataclasses import replace\n"
        "good = [replace(s, scores=tuple(replace(x, value=True) for x in s.scores))\n"
        "        for s in run.samples]\n"
        "told = [replace(x, mean=1.0, low=0.9, high=1.0) for x in run.summary.scores]\n"
        "summary = replace(run.summary, scores=tuple(told), failed_cases=())\n"
        "run = replace(run, samples=tuple(good), summary=summary)"
    )
    result = asked(EVALUATE, better, "llmops_magics.gate(run, rules=['contains >= 0.5'])")
    assert result.exit_code == 4
    assert "On the run as stored, contains >= 0.5 is FAIL" in result.problems[0]


@pytest.mark.slow
def test_a_verdict_is_that_of_its_rules(asked, endpoint):
    endpoint("London")
    better = (
        f"{FOLDER}p = folder / 'decision.json'\nmade = json.loads(p.read_text())\n"
        "made['verdict'] = 'PASS'\np.write_text(json.dumps(made))"
    )
    decide = "_ = llmops_magics.gate(run, rules=['contains >= 0.5'])"
    result = asked(EVALUATE, decide, better)
    assert result.problems == ("The decision says PASS, and its rules do not.",)


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        "(folder / 'claims.jsonl').write_text('nothing' + chr(10))",
        "(folder / 'claims.jsonl').write_text('{}' + chr(10))",
        "(folder / 'responses.jsonl').write_text('[]' + chr(10))",
        (
            "(folder / 'responses.jsonl').write_text(json.dumps({'answer': None, 'place': '', "
            "'occurrence': 0, 'pid': 1, 'origin': '', 'question': ''}) + chr(10))"
        ),
    ],
)
def test_a_record_that_is_none_is_told_of(asked, endpoint, what):
    endpoint("Paris")
    result = asked(EVALUATE, DECIDE, FOLDER + what, parameters={"data": ""})
    assert result.exit_code == 4
    assert "no recorded call" in result.problems[0] or "cannot be read" in result.problems[0]


@pytest.mark.slow
def test_what_opens_a_persons_key_is_not_in_the_kernel(asked, endpoint, monkeypatch):
    endpoint("Paris")
    for name in ("LLMOPS_SIGNING_KEY", "LLMOPS_KEY_PASSPHRASE"):
        monkeypatch.setenv(name, "of ann")
    look = "import os\nassert not [each for each in os.environ.values() if each == 'of ann']"
    result = asked(look, EVALUATE, DECIDE, parameters={"data": ""})
    assert (result.problems, result.exit_code) == ((), 0)
