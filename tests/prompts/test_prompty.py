from dataclasses import replace

import pytest
import yaml

from llmops_magics.errors import PromptError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.prompty import to_prompty
from llmops_magics.prompts.template import parse

TOOL = """
    - type: function
      function:
        name: find
        description: Find a page.
        parameters: {type: object, properties: {"on": {type: string}}}
"""
FULL = f"""---
name: support/answer
description: "Answers: from the documents."
authors: [Ada, Bob]
tags: [faq]
model: openai/gpt-4.1-mini
settings:
  temperature: 0.0
  top_p: 0.5
  max_completion_tokens: 80
  frequency_penalty: 1
  reasoning_effort: low
  stop: ["---", "user:"]
tools: {TOOL}
tool_choice: auto
response_format: {{type: json_object}}
inputs:
  question: {{type: string, minLength: 1}}
  tone: {{type: string, enum: [kind, "no"], default: kind}}
sample: {{question: "What?\\n---\\nNow."}}
examples:
  cases:
    - {{question: "Où?", tone: "no", expected: "Ici.\\nLà."}}
    - {{question: "2024-01-01", tone: kind, expected: {{answer: 1.5, on: null}}}}
tests: {{data: faq.csv, rules: [exact_match >= 0.9]}}
---
system:
  Be {{{{ tone }}}}.
  user:
  is a word too

    {{% if question %}}
      indented
    {{% endif %}}

user:
{{{{ question }}}}
"""


def test_a_version_written_out_and_registered_again_is_the_same(registry):
    version = registry.register("support/answer", FULL)
    text = to_prompty(version)
    again = registry.register("other", text)
    assert again.digest == version.digest
    assert (again.description, again.sample, again.tags) == (
        version.description,
        version.sample,
        version.tags,
    )
    assert parse(text).authors == ("Ada", "Bob")
    assert to_prompty(replace(again, name="support/answer")) == text


def test_the_front_matter_is_what_prompty_tools_read(registry):
    text = to_prompty(registry.register("support/answer", FULL))
    _, said, body = text.split("---", 2)  # as those tools do
    head = yaml.safe_load(said)
    assert head["name"] == "support/answer"
    assert head["model"]["id"] == "openai/gpt-4.1-mini"
    options = head["model"]["options"]
    assert (options["temperature"], options["topP"]) == (0, 0.5)
    assert options["stopSequences"] == ["---", "user:"]
    assert head["inputs"]["question"] == {"kind": "string", "minLength": 1}
    assert head["sample"] == {"question": "What?\n---\nNow."}
    assert body.startswith("\nsystem:\n  Be {{ tone }}.")
    assert body.endswith("\nuser:\n{{ question }}\n")


def test_a_small_prompt_gives_a_small_file(registry):
    version = registry.register("a", "Hello {{ name }}")
    assert to_prompty(version) == "---\nname: a\n---\nuser:\nHello {{ name }}\n"


def test_an_include_is_pinned_by_digest(registry):
    first = registry.register("policy", "Be kind.")
    version = registry.register("a", '{% include "policy" %} {{ q }}')
    registry.register("policy", "Be cruel.")
    text = to_prompty(version)
    assert f"policy@{first.digest}" in text
    assert registry.register("a", text).is_new is False
    assert registry.register("a", version.source).is_new is True  # it means the newest


def test_what_does_not_fit_is_refused(registry):
    rows = "\n".join(f"- {{q: {'x' * 9000}{n}, expected: y}}" for n in range(6))
    version = registry.register("a", f"---\nexamples:\n{rows}\n---\n{{{{ q }}}}")
    examples = replace(version.examples, cases=version.examples.cases * 20)
    for changed in (
        replace(version, examples=examples),
        replace(version, messages=(replace(version.messages[0], content=" indented"),)),
    ):
        with pytest.raises(PromptError, match=r"does not fit|without a loss"):
            to_prompty(changed)
    assert PromptContent.of(version).digest == version.digest


@pytest.mark.parametrize(
    "value",
    ["a\n", "a\n\n", "\n", " a\nb", "a \nb", "a\tb\n ", "\u0085a\n\u2028", "x\n\ufeff", "---\n"],
)
def test_a_text_that_yaml_would_change_comes_back_as_it_was(registry, value):
    draft = replace(registry.register("a", "{{ q }}"), sample={"q": value}, description="")
    assert parse(to_prompty(draft)).sample == {"q": value}
