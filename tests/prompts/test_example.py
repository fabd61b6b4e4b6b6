import pytest

from llmops_magics.datasets.case import Case
from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.example import ExampleRequest, answer, read_request, write_out
from llmops_magics.prompts.version import Example

CASES = [Case(id=f"c{n}", inputs={"q": n}, expected=n, tags=("odd",) * (n % 2)) for n in range(5)]


def chosen(**request):
    found = answer(ExampleRequest(dataset="d", **request), "d@sha256:0", CASES)
    return [case.expected for case in found.cases]


def test_a_request_chooses_by_ids_tags_and_limit():
    assert chosen() == [0, 1, 2, 3, 4]
    assert chosen(limit=2) == [0, 1]
    assert chosen(ids=("c3", "c0")) == [3, 0]
    assert chosen(tags=("odd",)) == [1, 3]
    assert chosen(tags=("odd",), limit=1) == [1]


def test_cases_may_be_written_out():
    request = read_request([{"q": "a", "expected": [1]}, {"q": "b"}])
    assert request.cases == (
        Example(inputs={"q": "a"}, expected=[1]),
        Example(inputs={"q": "b"}, expected=None),
    )
    named = read_request(
        {"dataset": "d@1", "cases": [{"q": 1, "expected": 2}], "user": "  {{ q }}\n"}
    )
    assert (write_out(named).dataset, write_out(named).user) == ("d@1", "{{ q }}")


def test_nothing_asks_for_nothing():
    assert read_request(None) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("faq", "is a str"),
        ({}, "neither a `dataset` nor `cases`"),
        ({"limit": 3}, "neither a `dataset` nor `cases`"),
        ({"dataset": "d", "limt": 3}, "mean 'limit'"),
        ({"dataset": 7}, "not a text"),
        ({"dataset": "d", "limit": 0}, "from 1 to 100"),
        ({"dataset": "d", "limit": 101}, "from 1 to 100"),
        ({"dataset": "d", "limit": True}, "from 1 to 100"),
        ({"dataset": "d", "ids": [7]}, "no list of texts"),
        ({"cases": []}, "no list of cases"),
        ({"cases": [1]}, "Example 1 is a int"),
        ({"cases": [{"q": 1}], "limit": 1}, "`limit` chooses nothing"),
        ([{"q": object()}], "Example 1 holds no JSON"),
        ([{"q": 1}] * 101, "101 cases; at most 100"),
    ],
)
def test_a_bad_request_is_refused(value, message):
    with pytest.raises(PromptSyntaxError, match=message):
        read_request(value)


def test_too_many_cases_want_a_limit():
    many = [Case(id=str(n), inputs={}, expected="x") for n in range(101)]
    with pytest.raises(PromptSyntaxError, match=r"101 cases; at most 100.*limit: 3"):
        answer(ExampleRequest(dataset="d"), "d@sha256:0", many)
    large = [Case(id="a", inputs={"q": "x" * 1_100_000}, expected="x")]
    with pytest.raises(PromptSyntaxError, match="over 1 MB"):
        answer(ExampleRequest(dataset="d"), "d@sha256:0", large)
