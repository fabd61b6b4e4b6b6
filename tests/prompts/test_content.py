import json

from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.version import ChangeTest, Example, Examples, Inclusion, Message

INNER = Inclusion(reference="b", name="b", digest="sha256:1", content="B")
FULL = PromptContent(
    messages=(Message(role="system", content="Be kind."), Message(role="user", content="{{ q }}")),
    model="m/x",
    settings={"temperature": 0.5, "stop": ["x"]},
    inputs={"q": {"type": "string"}},
    includes=(
        Inclusion(reference="a@1", name="a", digest="sha256:0", content="A", includes=(INNER,)),
    ),
    examples=Examples(
        cases=(Example(inputs={"q": "hi"}, expected={"k": [1]}),), dataset="d", assistant="x"
    ),
    images={"p.png": "sha256:2"},
    tests=(ChangeTest(data="d", rules=("accuracy >= 0.8",), scorers=("accuracy",)),),
)
PLAIN = PromptContent(messages=(Message(role="user", content="hi"),))


def through_json(content):
    return PromptContent.from_json(json.loads(json.dumps(content.to_json())))


def test_content_is_read_back_as_it_was_written():
    for content in (FULL, PLAIN):
        assert through_json(content) == content
        assert through_json(content).digest == content.digest


def test_parts_that_are_empty_are_left_out():
    assert PLAIN.to_json() == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "",
        "settings": {},
    }
    assert set(FULL.to_json()) == {
        *("messages", "model", "settings", "inputs", "includes", "examples", "images", "tests")
    }


def test_every_part_is_in_the_digest():
    body = FULL.to_json()
    digests = {FULL.digest}
    for name in ("inputs", "includes", "examples", "images", "tests"):
        digests.add(PromptContent.from_json({k: v for k, v in body.items() if k != name}).digest)
    digests.add(PromptContent.from_json(body | {"model": "m/y"}).digest)
    assert len(digests) == 7
