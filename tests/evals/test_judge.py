from __future__ import annotations

import json

import pytest

from llmops_magics.errors import BadResponseError, PromptReferenceError
from llmops_magics.evals.judge import Judges
from llmops_magics.models.loop import LOOP
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

PROMPT = "judge/faithfulness"
CASE = {"id": "a", "question": "When?", "context": "Refunds take 5 days."}


def verdict(*unsupported):
    return json.dumps({"unsupported": unsupported, "faithful": not unsupported})


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "llmops.toml").write_text(
        "[models]\nmax_retries = 0\ndefault = 'openai/scripted'\njudge = 'openai/judge'\n"
    )
    workspace = Workspace(tmp_path)
    workspace.prompts.register("p", "{{ question }} {{ context }}")
    yield workspace
    workspace.close()


@pytest.fixture
def judged_by(scripted_server, monkeypatch, workspace):
    """Run one case whose answer a judge judges with these replies; return score and requests."""

    def evaluate(*replies, cases=(CASE,)):
        waiting = list(replies)

        def answer(request):
            if request["model"] == "judge":
                return waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return Reply("They take 5 days.")

        server = scripted_server(answer)
        monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        run = workspace.evaluate("p", list(cases), ["faithfulness"])
        asked = [r for r in server.requests if r["model"] == "judge"]
        return run.samples[0].scores[0], asked

    return evaluate


def test_a_faithful_answer(judged_by):
    score, asked = judged_by(verdict())
    assert (score.value, score.reason, len(asked)) == (True, "", 1)
    schema = asked[0]["response_format"]["json_schema"]
    assert (schema["strict"], schema["schema"]["required"]) == (True, ["unsupported", "faithful"])
    assert asked[0]["temperature"] == 0
    assert "Refunds take 5 days." in asked[0]["messages"][-1]["content"]
    assert "They take 5 days." in asked[0]["messages"][-1]["content"]


def test_an_unfaithful_answer_names_the_claims(judged_by):
    score, asked = judged_by(verdict("It takes 9 days", "It is free"))
    assert (score.value, len(asked)) == (False, 1)
    assert score.reason == "unsupported: It takes 9 days; It is free"


@pytest.mark.parametrize("nonsense", ["I think so.", '{"faithful": "yes"}', "[]", ""])
def test_nonsense_is_asked_again_once_and_then_missing(judged_by, nonsense):
    score, asked = judged_by(nonsense)
    assert (score.value, score.applicable, len(asked)) == (None, True, 2)
    assert "no usable verdict in 2 attempts" in score.reason
    assert "could not be used" not in asked[0]["messages"][-1]["content"]
    assert "could not be used" in asked[1]["messages"][-1]["content"]


def test_a_second_attempt_may_succeed(judged_by):
    score, asked = judged_by("well ...", verdict())
    assert (score.value, len(asked)) == (True, 2)


def test_a_judge_that_cannot_be_reached_is_a_missing_score(judged_by):
    score, asked = judged_by(Reply.error(500))
    assert (score.value, score.applicable, len(asked)) == (None, True, 1)
    assert "EndpointError" in score.reason


def test_the_judges_prompt_is_a_version_registered_once(judged_by, workspace):
    cases = [{**CASE, "id": str(i)} for i in range(10)]
    judged_by(verdict(), cases=cases)
    judged_by(verdict(), cases=cases)
    (version,) = workspace.prompts.versions(PROMPT)
    assert version.ref == "judge/faithfulness@1"


def test_a_judge_of_ones_own_goes_first(judged_by, workspace):
    workspace.prompts.register(PROMPT, "Judge: {{ answer }} by {{ context }}")
    _, asked = judged_by(verdict())
    assert asked[0]["messages"] == [
        {"role": "user", "content": "Judge: They take 5 days. by Refunds take 5 days."}
    ]


def test_an_unknown_judge_and_an_answer_that_is_no_json(judged_by, workspace):
    judged_by("no JSON")  # lets the endpoint be known
    judges = Judges(workspace.prompts, workspace.client, "openai/judge")
    with pytest.raises(PromptReferenceError):
        LOOP.run(judges.ask("judge/unheard-of", {}, {}))
    workspace.prompts.register("judge/mine", "Judge!")
    with pytest.raises(BadResponseError, match="not JSON"):
        LOOP.run(judges.ask("judge/mine", {}, {}))
