import time

import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.template import MAX_SOURCE_BYTES, parse
from llmops_magics.prompts.version import Message

FULL = """---
name: support/answer
description: Answers from the documents.
model: local/smollm2-135m
settings:
  temperature: 0.0
  max_tokens: 80
---
system:
Answer from {{ context }} only.

USER :
  {{ question }}
    as a list
"""


def test_parse_reads_head_roles_and_variables():
    prompt = parse(FULL)
    assert prompt.messages == (
        Message(role="system", content="Answer from {{ context }} only."),
        Message(role="user", content="{{ question }}\n  as a list"),
    )
    assert prompt.model == "local/smollm2-135m"
    assert prompt.settings == {"temperature": 0, "max_tokens": 80}
    assert prompt.variables == ("context", "question")
    assert prompt.description == "Answers from the documents."


def test_parse_takes_a_body_without_roles_as_the_user():
    assert parse("\n  Hello {{ name }}\n\n").messages == (
        Message(role="user", content="Hello {{ name }}"),
    )


def test_parse_leaves_a_role_inside_a_line_alone():
    assert parse("user:\nThe user: said\n  assistant:\n  no").messages[0].content == (
        "The user: said\n  assistant:\n  no"
    )


def test_parse_gives_windows_lines_the_same_messages():
    assert parse(FULL.replace("\n", "\r\n")).messages == parse(FULL).messages


def test_parse_takes_the_model_of_a_prompty_file():
    head = "---\nmodel:\n  id: openai/gpt-4.1-mini\n  api: chat\n  options: {top_p: 0.5}\n---\nhi"
    assert (parse(head).model, parse(head).settings) == ("openai/gpt-4.1-mini", {"top_p": 0.5})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "empty"),
        ("system:\n\nuser:\nhi", "system message in line 2 is empty"),
        ("hello\nuser:\nhi", "text before the first role line, in line 1"),
        ("developer:\nx\nuser:\nhi", "'developer' is not one of"),
        ("---\nmodel: x\nhi", "has no end"),
        ("hi {{ a", "line 1"),
        ("user:\nhi\n\nthere {% if %}\nx", r"line 4.*there"),
        ("{{ a|nosuch }}", "No filter named 'nosuch'"),
        ('{% extends "x" %}', "stands alone: `extends`"),
        ("---\ninputs: {q: string}\n---\n{{ question }}", "'question' is read but not declared"),
        ("---\ninputs: {q: string}\nsample: {q: 1}\n---\n{{ q }}", "sample of 'q' is 1"),
        ("---\nexamples: {dataset: d, user: '{{ a'}\n---\nhi", "'user' of `examples` does not"),
        ("---\nexamples: {dataset: d, assistant: '{{ image(a) }}'}\n---\nhi", "shows an image"),
        ('{% from "x" import y %}', "stands alone: `import`"),
        ("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", "nested too deeply"),
        ("{% for a in b %}" * 25 + "x" + "{% endfor %}" * 25, "does not compile"),
        ("{{ " + "9" * 5000 + " }}", "does not parse"),
        ("a\x00b", "control character"),
        ("\ud800", "half a character"),
        ("x" * (MAX_SOURCE_BYTES + 1), "at most"),
        ("{{ a }}" * 20_000, "tokens"),
        (
            "user:\n"
            + "{{ a }}" * 1000
            + "".join(f"\nuser:\n{'{{ b }}' * 700}{n}" for n in range(9)),
            "The prompt has more than 10,000 tokens",
        ),
        (
            '---\nexamples: {dataset: d, user: "'
            + "{{ a }}" * 2000
            + '"}\n---\n'
            + "{{ a }}" * 2000,
            "The prompt has more than 10,000 tokens",
        ),
    ],
)
def test_parse_refuses_with_the_reason(source, message):
    with pytest.raises(PromptSyntaxError, match=message):
        parse(source)


def test_parse_counts_lines_from_where_the_cell_begins():
    with pytest.raises(PromptSyntaxError, match=r"in line 6: .*a b"):
        parse("---\nmodel: x\n---\n\n{{ a b }}", first_line=2)


def test_parse_reads_what_a_prompt_refers_to():
    prompt = parse(
        "---\nexamples: {dataset: faq, user: '{% include \"c\" %}'}\n"
        "includes: {a: 'a@sha256:00000000'}\ntests: {data: d, rules: r}\ninputs: {x: string}\n---\n"
        'system:\n{% include "a" %}\nuser:\n{{ image("f.png") }}{{ image(x) }}'
        '{{ image("https://h/i.png") }}{% include "b@2" %}'
    )
    assert prompt.references == ("a", "b@2", "c")
    assert prompt.image_files == ("f.png",)
    assert prompt.examples.dataset == "faq"
    assert prompt.pins == {"a": "a@sha256:00000000"}
    assert prompt.tests[0].rules == ("r",)
    assert prompt.inputs == {"x": {"type": "string"}}
    assert prompt.given == {"examples", "includes", "tests", "inputs"}


def test_parse_takes_a_prompt_without_messages_where_it_may_be_empty():
    prompt = parse("---\nmodel: a/b\n---\n\n", may_be_empty=True)
    assert (prompt.messages, prompt.model) == ((), "a/b")
    assert parse("", may_be_empty=True).messages == ()


def test_many_messages_full_of_expressions_are_refused_soon():
    source = "".join(f"user:\n{f'{{{{ a{n} }}}}' * 500}\n" for n in range(200))
    began = time.monotonic()
    with pytest.raises(PromptSyntaxError, match="tokens"):
        parse(source)
    assert time.monotonic() - began < 5
