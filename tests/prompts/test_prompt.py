import pickle

import pytest

from llmops_magics.errors import ArtifactError, RenderError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.prompt import Prompt
from llmops_magics.prompts.version import Example, Examples, Message

PNG = b"\x89PNG\r\n\x1a\n"


def make(*texts, **content):
    messages = tuple(Message(role="user", content=text) for text in texts)
    return Prompt(
        name="a",
        version=3,
        digest="sha256:0",
        labels=(),
        kept=PromptContent(messages=messages, **content),
        source="store",
        is_stale=False,
        kept_images={"sha256:1": PNG},
    )


def test_it_renders_to_the_arguments_of_a_chat_call():
    prompt = make("Hi {{ name }}", model="acme/big/model", settings={"seed": 1})
    assert prompt.ref == "a@3"
    assert prompt.render(name="Ada") == {
        "model": "big/model",
        "messages": [{"role": "user", "content": "Hi Ada"}],
        "seed": 1,
    }
    with pytest.raises(RenderError, match="'name' is missing"):
        prompt.messages()


def test_without_a_model_there_is_none_in_the_arguments():
    assert "model" not in make("Hi").render()


def test_who_changes_what_is_given_out_changes_no_prompt():
    prompt = make(
        "Hi {{ q }}",
        settings={"stop": ["x"]},
        inputs={"q": {"type": "string", "default": "Ada"}},
        examples=Examples(cases=(Example(inputs={"q": "x"}, expected="y"),)),
    )
    before = prompt.render()
    content = prompt.content
    content.settings["stop"].append("y")
    content.inputs["q"]["default"] = "EVIL"
    content.examples.cases[0].inputs["q"] = "EVIL"
    prompt.images["sha256:1"] = b""
    prompt.render()["stop"].append("z")
    assert prompt.render() == before
    assert (prompt.content.digest, prompt.images) == (prompt.kept.digest, {"sha256:1": PNG})


def test_an_image_comes_with_the_prompt_or_is_missed():
    shown = make('{{ image("a.png") }}', images={"a.png": "sha256:1"}).messages()
    assert shown[0]["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    with pytest.raises(ArtifactError, match="a@3 does not hold the image sha256:2"):
        make('{{ image("a.png") }}', images={"a.png": "sha256:2"}).messages()


def test_it_goes_to_another_process_and_says_little_of_itself():
    prompt = make("secret text")
    assert pickle.loads(pickle.dumps(prompt)) == prompt
    assert "secret text" not in repr(prompt)
    assert "PNG" not in repr(prompt)
