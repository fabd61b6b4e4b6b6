from __future__ import annotations

import json

import pytest

from llmops_magics.errors import BadResponseError, PromptReferenceError, RequestRejectedError
from llmops_magics.evals.judge import Judges
from llmops_magics.evals.scorer import resolve
from llmops_magics.evals.scorers.faithfulness import SCHEMA
from llmops_magics.models.loop import LOOP
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

PROMPT = "judge/faithfulness"
TEXTS = {"question": "Q", "context": "C", "answer": "A", "boundary": "b"}
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


@pytest.fixture
def judges(workspace, endpoint):
    """``judges(answer)`` starts an endpoint and returns its judges and the server."""

    def make(answer, model="openai/judge"):
        return Judges(workspace.prompts.registry, workspace.client, model), endpoint(answer)

    return make


def ask(made, schema=SCHEMA, **variables):
    return LOOP.run(made.ask(PROMPT, {**TEXTS, **variables}, schema))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ('{"faithful": true}', "lacked unsupported"),
        ('{"unsupported": ["SECRET", 3], "faithful": true}', "unsupported.1 was not of type"),
        ('{"unsupported": [], "faithful": "SECRET"}', 'faithful was not of type "boolean"'),
        ('{"unsupported": [], "faithful": true, "SECRET": 1}', "more in the object"),
    ],
)
def test_a_complaint_repeats_nothing_of_the_answer(judges, answer, complaint):
    made, _ = judges(answer)
    with pytest.raises(BadResponseError, match=complaint) as caught:
        ask(made)
    assert "SECRET" not in str(caught.value)


def test_an_answer_in_a_fence_is_read(judges):
    made, _ = judges(f"```json\n{verdict()}\n```")
    assert ask(made) == {"unsupported": [], "faithful": True}


def test_what_a_model_refuses_of_the_defaults_is_left_out_for_good(judges):
    def answer(request):
        for name in ("temperature", "response_format"):
            if name in request:
                return Reply.error(400, f"Unsupported parameter: {name}.")
        return Reply(verdict())

    made, server = judges(answer)
    assert ask(made)["faithful"] is True
    assert len(server.requests) == 3
    ask(made)
    assert len(server.requests) == 4
    assert server.requests[-1]["max_tokens"] == 1000


def test_what_a_prompt_says_itself_is_never_left_out(judges, workspace):
    workspace.prompts.register(PROMPT, "Judge {{ answer }}", settings={"temperature": 0.5})
    made, server = judges(Reply.error(400, "temperature is not supported"))
    with pytest.raises(RequestRejectedError, match="temperature"):
        ask(made)
    assert [request["temperature"] for request in server.requests] == [0.5]


def test_a_complaint_is_added_where_the_prompt_does_not_read_it(judges, workspace):
    made, server = judges(verdict())
    ask(made, complaint="It was not JSON.")
    assert server.requests[-1]["messages"][-1]["content"].endswith(
        "could not be used: It was not JSON. Reply with the JSON object only."
    )
    workspace.prompts.register("judge/own", "{{ answer }}|{{ complaint }}")
    LOOP.run(made.ask("judge/own", {**TEXTS, "complaint": "No."}, SCHEMA))
    assert server.requests[-1]["messages"] == [{"role": "user", "content": "A|No."}]


def test_a_newer_prompt_of_the_package_follows_its_own_and_no_others(judges, workspace):
    mark = {"comes-with": "llmops_magics"}
    workspace.prompts.register(PROMPT, "An older one: {{ answer }}", tags=mark)
    made, _ = judges(verdict())
    assert made.version(PROMPT).ref == "judge/faithfulness@2"
    assert judges(verdict())[0].version(PROMPT).ref == "judge/faithfulness@2"
    # an older release of the package, beside this one, put its own on top
    workspace.prompts.register(PROMPT, "An older one: {{ answer }}", tags=mark)
    assert judges(verdict())[0].version(PROMPT).ref == "judge/faithfulness@2"
    workspace.prompts.register(PROMPT, "My own: {{ answer }}")
    assert judges(verdict())[0].version(PROMPT).ref == "judge/faithfulness@4"
    assert len(workspace.prompts.versions(PROMPT)) == 4


def test_who_judges_is_scorer_prompt_and_model(judges, workspace):
    scorer, other = resolve(["faithfulness", "safety"])
    made, _ = judges(verdict())
    first = made.identity(scorer)
    assert (first["prompt"], first["model"]) == ("judge/faithfulness@1", "openai/judge")
    assert judges(verdict())[0].identity(scorer) == first
    assert made.identity(other)["digest"] != first["digest"]
    assert judges(verdict(), "openai/other")[0].identity(scorer)["digest"] != first["digest"]
    workspace.prompts.register(PROMPT, "My own: {{ answer }}", model="openai/third")
    own = judges(verdict())[0].identity(scorer)
    assert (own["model"], own["digest"] != first["digest"]) == ("openai/third", True)
    (local,) = resolve(["groundedness"])
    assert made.identity(local)["model"] == ""
    assert made.identities([scorer, local]) == {"faithfulness": first}


def test_the_models_that_answered_are_known(judges):
    made, _ = judges(Reply(verdict(), model="judge-2026"))
    (scorer,) = resolve(["faithfulness"])
    assert made.resolved_models(scorer) == ()
    ask(made)
    assert made.resolved_models(scorer) == ("judge-2026",)
