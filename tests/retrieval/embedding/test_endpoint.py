from __future__ import annotations

import json

import numpy as np
import pytest

from llmops_magics.errors import (
    BadResponseError,
    EndpointError,
    RequestRejectedError,
    RetrievalError,
)
from llmops_magics.retrieval.embedding.endpoint import batches
from llmops_magics.testing import Reply
from llmops_magics.testing.embedding import embed_text

MODEL = "openai/text-embedding-3-small"


@pytest.fixture
def embed(workspace, endpoint):
    """``embed(texts, script)`` embeds through a scripted endpoint; the server is kept."""

    def run(texts, script="", spec=MODEL):
        run.server = endpoint(embeddings=script)
        run.embedder = workspace.embedders(spec)
        return run.embedder.embed(texts)

    return run


def test_vectors_come_in_the_order_of_the_texts(embed):
    texts = [f"text number {number}" for number in range(300)]
    vectors = embed(texts)
    wanted = np.array([embed_text(text) for text in texts])
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, wanted)
    asked = [request["input"] for request in embed.server.requests]
    assert sorted(map(len, asked)) == [1, 44, 64, 64, 64, 64]  # one for the dimension
    assert embed.server.requests[0]["encoding_format"] == "base64"


def test_rows_in_another_order_are_put_in_order(embed):
    rows = [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [1, 0]}]
    answer = Reply(body=json.dumps({"data": rows, "model": "m"}))
    probe = Reply(body=json.dumps({"data": [{"index": 0, "embedding": [1, 1]}], "model": "m"}))
    vectors = embed(["a", "b"], lambda call: probe if len(call["input"]) == 1 else answer)
    assert vectors.tolist() == [[1, 0], [0, 2]]  # as given: not of length 1


def test_parameters_of_the_spec(embed):
    assert embed(["a"], spec=f"{MODEL}?dimensions=5&max_tokens=100").shape == (1, 5)
    assert embed.embedder.max_tokens == 100
    assert embed.embedder.name == f"{MODEL}?dimensions=5"
    assert {request["dimensions"] for request in embed.server.requests} == {5}
    embed(["a", "b", "c"], spec=f"{MODEL}?batch=1")
    assert len(embed.server.requests) == 4
    assert embed.embedder.max_tokens == 8192


def test_what_is_known_is_the_identity(workspace, endpoint):
    endpoint(embeddings=Reply(model="dated-1"))
    first = workspace.embedders(MODEL)
    assert (first.dimension, first.answering_model) == (384, "dated-1")
    assert first.fingerprint != workspace.embedders(f"{MODEL}?dimensions=5").fingerprint
    assert workspace.embedders(MODEL) is first


def test_a_model_that_changes_meanwhile_is_noticed(embed):
    with pytest.raises(RetrievalError, match="answered as new"):
        embed(["a"], [Reply(model="old"), Reply(model="new")])


def test_a_failing_call_is_tried_again_and_refused_in_our_terms(embed):
    assert embed(["a"], [Reply.rate_limited(0.01), ""]).shape == (1, 384)
    with pytest.raises(EndpointError):
        embed(["a"], Reply.error(500), spec="openai/other")
    assert len(embed.server.requests) == 2
    with pytest.raises(RequestRejectedError, match="too long"):
        embed(["a"], Reply.error(400, "too long"), spec="openai/third")


ROW = {"index": 0, "embedding": [1.0, 2.0]}


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        '{"data": null}',
        '{"data": []}',
        json.dumps({"data": [ROW, ROW]}),
        json.dumps({"data": [{"index": 5, "embedding": [1.0]}]}),
        json.dumps({"data": [{"index": 0, "embedding": []}]}),
        json.dumps({"data": [{"index": 0, "embedding": [[1.0], [2.0]]}]}),
        json.dumps({"data": [{"index": 0, "embedding": "no base64!"}]}),
        json.dumps({"data": [{"index": 0, "embedding": "QUJD"}]}),
        '{"data": [{"index": 0, "embedding": [NaN]}]}',
        json.dumps({"data": [{"index": 0, "embedding": ["a"]}]}),
        json.dumps({"data": [{"index": 0}]}),
        json.dumps({"choices": [{"message": {"content": "hello"}}]}),
    ],
)
def test_what_is_no_list_of_embeddings_is_refused(embed, body):
    with pytest.raises(BadResponseError, match="answered with"):
        embed(["a"], Reply(body=body))


def test_vectors_of_two_lengths_are_refused(embed):
    rows = [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [1, 2, 3]}]
    with pytest.raises(BadResponseError, match="2 and 3 numbers"):
        embed(
            ["a", "b"],
            lambda call: Reply(body=json.dumps({"data": rows[: len(call["input"])]})),
        )


def test_a_blank_text_has_no_vector(embed):
    with pytest.raises(RetrievalError, match="text 1 of 2 is blank"):
        embed(["a", " \n"])
    assert embed.embedder.embed([]).shape == (0, 384)


def test_a_call_is_a_span_with_tokens_and_cost(workspace, embed):
    embed(["one two three"], Reply(usage=(1_000_000, 0)))
    workspace.spans.flush()
    trace = workspace.traces
    with workspace.store.glance() as reader:
        from sqlalchemy import select

        from llmops_magics.storage.query import Query
        from llmops_magics.storage.table import span

        rows = reader.rows(Query(select(span.c.name, span.c.attributes)))
    found = [json.loads(a) if isinstance(a, str) else a for name, a in rows if "embeddings" in name]
    assert trace is not None
    assert len(found) == 2
    said = found[-1]
    assert said["gen_ai.operation.name"] == "embeddings"
    assert said["gen_ai.request.model"] == MODEL
    assert said["gen_ai.usage.input_tokens"] == 1_000_000
    assert said["gen_ai.embeddings.dimension.count"] == 384
    assert said["llmops.cost.usd"] == "0.02"  # US dollars a million tokens
    assert "one two three" not in json.dumps(said)


@pytest.mark.parametrize(
    ("texts", "sizes"),
    [
        (["a"] * 5, [2, 2, 1]),
        (["aaaa", "a", "é", "aaaaaaaaa", "a"], [1, 2, 1, 1]),  # a long one goes alone
        ([], []),
    ],
)
def test_batches_by_number_and_size(texts, sizes):
    made = list(batches(texts, 2, 4))
    assert [len(batch) for batch in made] == sizes
    assert [text for batch in made for text in batch] == texts
