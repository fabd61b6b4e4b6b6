from __future__ import annotations

import subprocess
import sys

import numpy as np
import openai
import pytest

from llmops_magics.testing import ScriptedServer
from llmops_magics.testing.embedding import embed_text


def embed(server, **request):
    with openai.OpenAI(base_url=server.base_url, api_key=server.api_key) as client:
        return client.embeddings.create(model="e", **request)


def test_unit_vectors_that_follow_from_the_text():
    vector = embed_text("Paris is nice")
    assert vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(vector, embed_text("Paris is nice"))
    assert not np.array_equal(vector, embed_text("nice is Paris"))


def test_texts_that_share_words_are_nearer():
    # Each vector is a sum of three, of which two or none are shared: cosine near 1/3 and 0.
    assert embed_text("red fox") @ embed_text("red hen") == pytest.approx(1 / 3, abs=0.15)
    assert embed_text("red fox") @ embed_text("old hen") == pytest.approx(0, abs=0.15)


def test_the_same_in_another_process():
    code = "from llmops_magics.testing.embedding import embed_text; print(embed_text('a').tolist())"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == str(embed_text("a").tolist())


@pytest.mark.parametrize("encoding_format", ["float", "base64", None])
def test_served_in_both_encodings(encoding_format):
    options = {"encoding_format": encoding_format} if encoding_format else {}
    with ScriptedServer() as server:
        answer = embed(server, input=["Paris", "New York"], **options)
    vectors = [item.embedding for item in answer.data]
    if encoding_format == "base64":  # asked for by name, openai leaves it as it is
        import base64

        vectors = [np.frombuffer(base64.b64decode(v), dtype="<f4").tolist() for v in vectors]
    assert vectors == [embed_text("Paris").tolist(), embed_text("New York").tolist()]
    assert answer.usage.prompt_tokens == 3


def test_dimensions_and_token_input():
    with ScriptedServer() as server:
        answer = embed(server, input=[[1, 2], [3]], dimensions=8)
        single = embed(server, input=[1, 2], dimensions=8)
    assert [len(item.embedding) for item in answer.data] == [8, 8]
    assert single.data[0].embedding == answer.data[0].embedding


def test_empty_input_is_refused():
    with ScriptedServer() as server, pytest.raises(openai.BadRequestError):
        embed(server, input=[])
