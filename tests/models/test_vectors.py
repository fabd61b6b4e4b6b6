from __future__ import annotations

import base64

import numpy as np
import pytest

from llmops_magics.errors import BadResponseError
from llmops_magics.models.chat import Usage
from llmops_magics.models.endpoint import Endpoint
from llmops_magics.models.vectors import read_embeddings

ENDPOINT = Endpoint(name="mine", base_url="http://host/v1", api_key="key", model="m")


def read(data, count=None, **rest):
    return read_embeddings({"data": data, **rest}, ENDPOINT, count or len(data), 5.0)


def row(index, *numbers):
    return {"index": index, "embedding": list(numbers)}


def test_floats_and_base64_are_the_same():
    numbers = np.array([0.1, -2.5, 3.0], dtype="<f4")
    text = base64.b64encode(numbers.tobytes()).decode()
    answer = read([row(1, 0.1, -2.5, 3.0), {"index": 0, "embedding": text}], model="m-1")
    assert answer.vectors.tolist() == [numbers.tolist(), numbers.tolist()]
    assert (answer.model, answer.endpoint, answer.latency_ms) == ("m-1", "mine", 5.0)


def test_rows_stand_where_their_index_says():
    assert read([row(2, 3), row(0, 1), row(1, 2)]).vectors.ravel().tolist() == [1, 2, 3]
    unnumbered = [{"embedding": [1.0]}, {"embedding": [2.0]}]
    assert read(unnumbered).vectors.ravel().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 7, "total_tokens": 7}, 7),
        ({"total_tokens": 7}, 7),
        ({"prompt_tokens": 0}, None),
        ({"prompt_tokens": None}, None),
        (None, None),
    ],
)
def test_tokens_where_the_endpoint_counts_them(usage, tokens):
    wanted = None if tokens is None else Usage(input_tokens=tokens, output_tokens=0)
    assert read([row(0, 1)], usage=usage).usage == wanted


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([row(0, 1)], "1 vectors for 2 texts"),
        ([row(0, 1), row(0, 2)], "numbers of its vectors"),
        ([row(0, 1), row(2, 2)], "numbers of its vectors"),
        ([row(0, 1), row(1, 2, 3)], "1 and 2 numbers"),
        ([row(0), row(1)], "vectors of 0 numbers"),
        ([row(0, 1), row(1, float("inf"))], "not finite"),
        ([row(0, 1), row(1, 1e300)], "not finite"),
        ([row(0, [1.0]), row(1, [1.0])], "2 dimensions"),
        ([row(0, 1), "x"], "no list of embeddings"),
    ],
)
def test_what_is_wrong_is_said(data, said):
    with pytest.raises(BadResponseError, match=said) as failure:
        read(data, 2)
    assert failure.value.may_be_billed
