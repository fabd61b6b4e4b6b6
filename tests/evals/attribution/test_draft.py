from __future__ import annotations

import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.evals.attribution.draft import draft
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.version import Message


def content(text="Hi {{ q }}", **fields):
    return PromptContent(messages=(Message(role="user", content=text),), **fields)


def test_a_draft_has_no_number_and_its_own_digest_and_variables(version):
    base = version(number=7)
    made = draft(base, content("{{ b }} {{ a }}", model="m/x"))
    assert (made.name, made.number, made.digest) == (
        "p",
        0,
        content("{{ b }} {{ a }}", model="m/x").digest,
    )
    assert (made.variables, made.model, made.labels) == (("a", "b"), "m/x", ())
    assert made.ref == f"p@{made.digest[:19]}"
    assert PromptContent.of(made).digest == made.digest


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (PromptContent(messages=()), "no message"),
        (content(" "), "empty"),
        (content("{% if q %}"), "does not compile"),
        (content(settings={"tool_choice": "auto"}), "needs tools"),
        (content(inputs={"r": {"type": "string"}}), "reads q"),
    ],
)
def test_what_cannot_stand_alone_is_refused_with_the_reason(version, broken, reason):
    with pytest.raises(PromptSyntaxError, match=reason):
        draft(version(), broken)
