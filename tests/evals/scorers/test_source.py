from __future__ import annotations

from llmops_magics.evals.scorers.source import digest_function, digest_modules


def at_least(limit):
    def check(output):
        return len(output) >= limit

    return check


def test_the_same_source_has_the_same_digest_and_another_limit_has_not():
    assert digest_function(at_least(3)) == digest_function(at_least(3))
    assert digest_function(at_least(3)) != digest_function(at_least(4))


def compiled(body):
    scope = {}
    exec(f"def f(output):\n    return {body}", scope)  # a function with no source to be found
    return scope["f"]


def test_a_function_without_source_has_a_digest_of_its_bytecode():
    assert digest_function(compiled("1")) == digest_function(compiled("1"))
    assert digest_function(compiled("1")) != digest_function(compiled("2"))
    assert digest_function(compiled("[x for x in output]")) == digest_function(
        compiled("[x for x in output]")
    )


def test_a_prompt_counts_in_a_scorers_digest():
    module = "llmops_magics.evals.scorers.text"
    assert digest_modules(module) == digest_modules(module)
    assert digest_modules(module, extra="a") != digest_modules(module, extra="b")
