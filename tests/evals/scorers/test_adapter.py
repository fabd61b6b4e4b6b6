"""Metrics of other packages, by small packages that have the signatures of the real ones.

The real ones are not installed here; their versions stand in the adapters' docstrings.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

import pytest

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorer import ScorerContext, resolve, run_scorer
from llmops_magics.evals.scorers.adapter.choose import adapt

DEEPEVAL = """
import asyncio
from dataclasses import dataclass

@dataclass(kw_only=True)
class ToolCall:
    name: str
    input_parameters: dict | None = None

@dataclass(kw_only=True)
class LLMTestCase:
    input: str
    actual_output: str = None
    expected_output: str = None
    context: list = None
    retrieval_context: list = None
    tools_called: list = None
    expected_tools: list = None
    token_cost: float = None
    completion_time: float = None

class BaseMetric:
    threshold, score, reason, success, error, skipped = None, None, None, None, None, False

class BaseConversationalMetric:
    async def a_measure(self, test_case, _show_indicator=True): ...

class Talk(BaseConversationalMetric): ...

class Exact(BaseMetric):
    _required_params = ["input", "actual_output", "expected_output"]
    def __init__(self, threshold=1): self.threshold = threshold
    def measure(self, test_case, _show_indicator=True): ...
    async def a_measure(self, test_case, _show_indicator=True):
        assert _show_indicator is False
        self.score = float(test_case.actual_output == test_case.expected_output)
        await asyncio.sleep(0.01)
        self.reason = test_case.input
        return self.score
    def is_successful(self): return self.score >= self.threshold
    @property
    def __name__(self): return "Exact Match"

class Sync(Exact):
    _required_params = []
    def __init__(self): self.threshold = None
    async def a_measure(self, test_case): raise NotImplementedError
    def measure(self, test_case):
        self.score = len(test_case.tools_called) + test_case.completion_time

class Broken(Sync):
    def measure(self, test_case): self.error = "no key"

class Silent(Sync):
    def measure(self, test_case): self.skipped = True
"""
RAGAS = """
class SingleTurnSample:
    def __init__(self, *, user_input, response, reference, retrieved_contexts, reference_contexts):
        self.response, self.reference = response, reference

class Result:
    def __init__(self, value, reason=None): self.value, self.reason = value, reason

class Old:
    name, required_columns = "exact_match", {"SINGLE_TURN": {"response", "reference"}}
    async def single_turn_ascore(self, sample, callbacks=None, timeout=None):
        return float(sample.response == sample.reference)

class New:
    name = "faithful"
    async def ascore(self, response: str, retrieved_contexts: list) -> Result:
        return Result(float(response in retrieved_contexts[0]), "found")

class Tone:
    name = "tone"
    async def ascore(self, **kwargs): return Result("good", None) if "response" in kwargs else 0

class Schema:
    name = "schema"
    async def ascore(self, response: str, sql_schema: str): ...

class Chat:
    name = "chat"
    async def multi_turn_ascore(self, sample): ...
"""
MLFLOW = """
class CategoricalRating:
    def __init__(self, value): self.value = value

class Feedback:
    def __init__(self, name="feedback", value=None, error=None, rationale=None):
        self.name, self.value, self.error, self.rationale = name, value, error, rationale

class Scorer:
    name = "base"
    def run(self, *, inputs=None, outputs=None, expectations=None, trace=None, session=None):
        import inspect
        given = dict(inputs=inputs, outputs=outputs, expectations=expectations, trace=trace)
        return self(**{k: v for k, v in given.items() if k in inspect.signature(self).parameters})

class Exact(Scorer):
    name = "exact"
    def __call__(self, *, outputs, expectations):
        return outputs == expectations["expected_response"]

class Judge(Scorer):
    name = "judge"
    def __call__(self, *, inputs, outputs):
        return Feedback(value=CategoricalRating("yes"), rationale=inputs["question"])

class Several(Scorer):
    name = "several"
    def __call__(self, *, outputs, trace=None):
        return [Feedback("a", 0.5), Feedback("b", error=ValueError("gone"))]

class Traced(Scorer):
    def __call__(self, *, trace): ...

class Column:
    def eval_fn(self, predictions, targets): ...
"""
CONTEXT = ScorerContext(
    output="Paris",
    expected="Paris",
    inputs={"question": "Capital?"},
    context="Paris is the capital.",
    latency_ms=2000.0,
    tool_calls=({"function": {"name": "look", "arguments": "{}"}},),
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """``package("ragas", source)`` makes a package of that name, and returns it."""

    def write(name, source, module):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(f"{name}.{module}")

    yield write
    for name in [m for m in sys.modules if m.partition(".")[0] in ("deepeval", "ragas", "mlflow")]:
        del sys.modules[name]


def scores(metric, context=CONTEXT):
    (made,) = resolve([metric])
    return {s.scorer: s.value for s in asyncio.run(run_scorer(made, context))}


def test_a_metric_of_deepeval(package):
    there = package("deepeval", DEEPEVAL, "test_case")
    assert scores(there.Exact()) == {"deepeval_exact_match": 1.0, "deepeval_exact_match.passed": 1}
    (made,) = resolve(["mine"], {"mine": there.Exact()})
    assert (made.name, made.needs) == ("mine", {"expected"})
    assert made.digest != adapt(there.Exact(threshold=0.5)).digest
    assert made.digest == adapt(there.Exact(), "mine").digest


def test_a_metric_of_deepeval_keeps_cases_apart(package):
    metric = package("deepeval", DEEPEVAL, "test_case").Exact()
    (made,) = resolve([metric])
    contexts = [ScorerContext(output=str(i % 2), expected="1", inputs={}) for i in range(20)]

    async def all_at_once():
        return await asyncio.gather(*(run_scorer(made, context) for context in contexts))

    found = [result[0].value for result in asyncio.run(all_at_once())]
    assert found == [float(i % 2) for i in range(20)]
    assert metric.score is None


def test_what_a_metric_of_deepeval_may_do_else(package):
    there = package("deepeval", DEEPEVAL, "test_case")
    assert scores(there.Sync()) == {"deepeval_exact_match": 3.0}  # one call, two seconds
    for kind, applicable in ((there.Broken, True), (there.Silent, False)):
        (score,) = asyncio.run(run_scorer(resolve([kind()])[0], CONTEXT))
        assert (score.value, score.applicable) == (None, applicable)
    with pytest.raises(ScorerError, match=r"Talk cannot score one answer.*conversation"):
        resolve([there.Talk()])


def test_metrics_of_ragas(package):
    there = package("ragas", RAGAS, "dataset_schema")
    assert scores(there.Old()) == {"ragas_exact_match": 1.0}
    assert scores(there.New()) == {"ragas_faithful": 1.0}
    assert scores(there.Tone()) == {"ragas_tone": "good"}
    assert adapt(there.Old()).needs == {"expected"}
    assert adapt(there.New()).needs == {"context"}
    assert scores(there.Schema()) == {"ragas_schema": None}
    with pytest.raises(ScorerError, match="conversation"):
        resolve([there.Chat()])


def test_scorers_of_mlflow(package):
    there = package("mlflow", MLFLOW, "scorers")
    assert scores(there.Exact()) == {"mlflow_exact": True}
    assert adapt(there.Exact()).needs == {"expected"}
    assert scores(there.Judge()) == {"mlflow_judge": True}
    assert scores(there.Several()) == {"mlflow_several.a": 0.5, "mlflow_several.b": None}
    for kind, message in ((there.Traced, "trace"), (there.Column, "whole columns")):
        with pytest.raises(ScorerError, match=message):
            resolve([kind()])


def test_other_values_are_not_adapted():
    assert adapt(3) is None
    assert adapt(lambda output: True) is None
