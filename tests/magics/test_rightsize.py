"""``%llm_rightsize`` in a real shell, against a real endpoint that scripts three models."""

from __future__ import annotations

import tomllib

import pytest

from llmops_magics.testing import Reply

MODELS = "openai/gpt-4.1,openai/gpt-4.1-mini,openai/gpt-4.1-nano"
CASES = [{"id": f"c{n}", "q": f"Question {n}?", "expected": "yes"} for n in range(60)]
TOML = """# how this workspace is set up
[models]
max_retries = 0   # of a test

[endpoints.acme]  # a comment that stays
base_url = "http://127.0.0.1:9/v1"
"""


def answer(body):
    """Nano refuses every other question; the others are always right."""
    is_odd = int(body["messages"][-1]["content"].split()[1].rstrip("?")) % 2
    text = "I cannot help with that." if body["model"].endswith("nano") and is_odd else "yes"
    return Reply(text, usage=(100, 10))


@pytest.fixture
def sized(shell, endpoint, folder):
    (folder / "llmops.toml").write_text(TOML)
    shell.server = endpoint(answer)
    shell.ok("%%prompt p\n{{ q }}")
    shell.ip.push({"cases": [dict(case) for case in CASES]})
    return shell


def line(**changes):
    given = {"models": MODELS, "data": "cases", "scorers": "contains", "margin": "0.1"} | changes
    return "%llm_rightsize p " + " ".join(f"--{k.replace('_', '-')} {v}" for k, v in given.items())


def test_the_verdict_the_picture_and_the_route(sized, folder):
    shown = sized.ok(line(write_route="support"))
    report = shown.value
    assert (report.verdict, report.chosen) == ("PASS", "openai/gpt-4.1-mini")
    assert report.reference == "openai/gpt-4.1"
    assert [m.verdict for m in report.models] == ["inferior", "non-inferior", "reference"]
    # 100 x 0.40 + 10 x 1.60 against 100 x 2 + 10 x 8 millionths
    assert str(report.of("openai/gpt-4.1-mini").cost_per_case_usd) == "0.000056"
    bundle = report._repr_mimebundle_()
    assert '<img src="data:image/png;base64,' in bundle["text/html"]
    assert 'alt="contains against cost a case: openai/gpt-4.1-nano 50.0% at' in bundle["text/html"]
    assert "It saves $0.00022 a case, 80%." in bundle["text/plain"]
    assert bundle["application/vnd.llmops.rightsize.v1+json"]["verdict"] == "PASS"
    text = (folder / "llmops.toml").read_text()
    assert text.startswith(TOML.rstrip())
    written = tomllib.loads(text)["router"]["support"]
    assert written == {"strategy": "fallback", "models": ["openai/gpt-4.1-mini", "openai/gpt-4.1"]}
    assert "# rightsize 20" in text
    assert "margin 0.1" in text


def test_the_route_is_in_force_at_once_and_is_updated(sized, folder):
    sized.ok(line(write_route="support"))
    run = sized.ok("%llm_eval p --data cases --scorers contains --model router/support").value
    assert run.summary.scores[0].mean == 1.0
    again = sized.ok(line(models="openai/gpt-4.1,openai/gpt-4.1-nano", write_route="support")).value
    assert (again.verdict, again.chosen) == ("KEEP", "openai/gpt-4.1")
    text = (folder / "llmops.toml").read_text()
    assert tomllib.loads(text)["router"]["support"]["models"] == ["openai/gpt-4.1"]
    assert text.count("[router.support]") == 1


def test_inconclusive_writes_nothing(sized, folder):
    report = sized.ok(line(margin="0.01", write_route="support")).value
    assert (report.verdict, report.chosen, report.route) == ("INCONCLUSIVE", "", "")
    assert "more cases are needed" in report.reason
    assert (folder / "llmops.toml").read_text() == TOML
    assert "No route was written" in report._repr_mimebundle_()["text/plain"]


def test_a_router_is_a_candidate_like_another(sized, folder):
    router = """
[router.small_first]
strategy = "cascade"
models = ["openai/gpt-4.1-nano", "openai/gpt-4.1"]
check = "refusal"
"""
    (folder / "llmops.toml").write_text(TOML + router)
    sized.run("%unload_ext llmops_magics")
    from llmops_magics.workspace import current

    current._CURRENT.clear()
    sized.ok("%load_ext llmops_magics")
    report = sized.ok(line(models="openai/gpt-4.1,router/small_first")).value
    assert (report.verdict, report.chosen) == ("PASS", "router/small_first")
    # every other case pays for both: nano 100 x 0.10 + 10 x 0.40, half of the time 280 more
    assert float(report.of("router/small_first").cost_per_case_usd) == pytest.approx(154e-6)


def test_the_plan_costs_nothing(sized):
    planned = sized.ok(line() + " --plan").value
    assert planned.calls == 180
    assert not sized.server.requests


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"models": "openai/gpt-4.1"}, "two models or more"),
        ({"margin": "0"}, "no margin above 0"),
        ({"models": "openai/gpt-4.1,acme/x"}, "price of acme/x is unknown"),
        ({"write_route": "Not/One"}, "no name of a router"),
        ({"scorers": "nobody"}, "no scorer 'nobody'"),
        ({"data": ""}, "expected one argument"),
    ],
)
def test_a_bad_line_is_one_red_line_and_no_call(sized, changes, said):
    assert said in sized.refused(line(**changes))
    assert not sized.server.requests


def test_completion(sized):
    assert "--write-route" in sized.complete("%llm_rightsize p --wr")
    assert "p" in sized.complete("%llm_rightsize ")
