from __future__ import annotations

import pytest

from llmops_magics.errors import LlmopsError, RetrievalError
from llmops_magics.models.local.embedding import get_embedder


def test_the_embedded_one_is_the_default(workspace):
    assert workspace.embedders() is get_embedder()
    assert workspace.embedders(get_embedder().name) is get_embedder()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("openai", "no embedder"),
        ("local/smollm2-135m", "no embedder"),
        ("nowhere/m", "no endpoint"),
        ("openai/m?dimension=3", "no parameters"),
        ("openai/m?dimensions=0", "no parameters"),
        ("openai/m?dimensions=x", "no parameters"),
        ("chroma:default?[1]", "no JSON object"),
        ("chroma:openai?{", "no JSON object"),
        ('chroma:openai?{"api_key": "sk-1"}', "a key is no part"),
        ('chroma:openai?{"default_headers": {"Authorization": "Bearer 1"}}', "a key is no part"),
        ('chroma:x?{"args": [{"aws_secret_access_key": "1"}]}', "a key is no part"),
    ],
)
def test_what_is_no_embedder(workspace, spec, said):
    with pytest.raises(LlmopsError, match=said):
        workspace.embedders(spec)


def test_a_function_of_chroma(workspace, endpoint, monkeypatch):
    """Chroma's own OpenAI function, with its own client, against the scripted endpoint."""
    server = endpoint()
    monkeypatch.setenv("MY_KEY", server.api_key)
    spec = (
        'chroma:openai?{"api_key_env_var": "MY_KEY", "model_name": "m",'
        f' "api_base": "{server.base_url}"}}'
    )
    embedder = workspace.embedders(spec)
    assert embedder.embed(["one", "two"]).shape == (2, 384)
    assert embedder.embed([]).shape == (0, 384)
    assert workspace.embedders(embedder.name).fingerprint == embedder.fingerprint


def test_a_function_that_fails_is_named():
    from llmops_magics.retrieval.embedding.function import FunctionEmbedder

    def broken(input):  # noqa: A002
        raise ValueError("no model")

    for function, said in ((broken, "raised ValueError"), (lambda _: [[1.0], [2.0]], "shape")):
        with pytest.raises(RetrievalError, match=said):
            _ = FunctionEmbedder(function, "chroma:x", {}).dimension
