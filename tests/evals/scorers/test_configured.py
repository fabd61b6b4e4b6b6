"""Parameters of scorers, from the text to the digest."""

from __future__ import annotations

import pytest

from llmops_magics.errors import ScorerError
from llmops_magics.evals.scorers.registry import SCORERS, resolve


def test_the_digest_covers_the_parameters():
    first, second, same = (resolve([f"length(max_words={n})"])[0] for n in (5, 6, 5))
    assert first.digest == same.digest != second.digest
    assert resolve(["numeric(tolerance=0)"])[0].digest == SCORERS["numeric"].digest


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("length(maximum=5)", r"no parameter maximum.*max_words"),
        ("contains(x=1)", "no parameter x. It has none"),
        ("length(max_words=many)", "'many'.*Give a number"),
        ("length(max_words=-1)", "at least 0"),
        ("numeric(rel=nan)", "Give a number"),
        ("numeric(tolerance=true)", "Give a number"),
        ("numeric(which=best)", "one of last, first, any, only"),
        ("sql_syntax(dialect=klingon)", "one of .*postgres"),
        ("code_syntax(language=cobol)", "python, json, toml, yaml"),
        ("json_fields(fields=[a..b])", "no path"),
        ("json_fields(fields=3)", "a text or a list of texts"),
        ("chrf(word_order=7)", "0, 1 or 2"),
        ("citations(required=1)", "true or false"),
        ("length(name='a b')", "cannot name a scorer"),
        ("faithfulness(strict=true)", "no parameter strict"),
    ],
)
def test_a_wrong_parameter_is_refused_before_the_first_call(spec, message):
    with pytest.raises(ScorerError, match=message):
        resolve([spec])


def test_a_scorer_may_be_used_twice_under_two_names(judge_all):
    made = resolve(["length(max_words=5)", "length(max_chars=9, name=short)"])
    assert [m.name for m in made] == ["length", "short"]
    assert judge_all("length(max_words=1,name=short)", "a b") == {"short": False}
    with pytest.raises(ScorerError, match="twice: length"):
        resolve(["length", "length(max_words=5)"])


def test_a_function_of_the_notebook_takes_its_own_settings():
    def close(output, expected, ratio=0.5):
        return ratio

    (made,) = resolve(["close(ratio=0.7)"], {"close": close})
    assert made.function("a", "b") == 0.7
    assert made.needs == {"expected"}
    assert made.digest != resolve(["close"], {"close": close})[0].digest
    with pytest.raises(ScorerError, match=r"no parameter output.*ratio"):
        resolve(["close(output=1)"], {"close": close})


def test_an_object_of_ones_own_takes_no_parameters():
    class Mine:
        name, digest, needs = "mine", "sha256:0", frozenset()

        async def score(self, context): ...

    with pytest.raises(ScorerError, match="takes no parameters"):
        resolve(["mine(a=1)"], {"mine": Mine()})


def test_a_library_that_is_not_installed_says_how_to_install_it():
    from llmops_magics.evals.scorers.parameter import library

    with pytest.raises(ScorerError, match=r"needs no_such_library.*llmops-magics\[metrics\]"):
        library("no_such_library", "bleu")
