"""Sessions, users and tags of a block."""

from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.tracing.session import session, session_attributes


def test_what_the_inner_block_does_not_name_stays():
    with session("s1", user="ada", tags={"tier": "gold", "team": "a"}):
        with session(tags={"tier": "silver"}):
            inner = session_attributes()
        outer = session_attributes()
    ids = {"session.id": "s1", "gen_ai.conversation.id": "s1", "user.id": "ada"}
    assert inner == ids | {"tier": "silver", "team": "a"}
    assert outer == ids | {"tier": "gold", "team": "a"}
    assert session_attributes() is None


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"user.id": "eve"}, "A tag cannot be called 'user.id'"),
        ({"llmops.cost.usd": "0"}, "A tag cannot be called"),
        ({"": "x"}, "A tag cannot be called ''"),
        ({"tier": 1}, "The tag tier is a text of at most 200 characters"),
        ({"tier": "x" * 201}, "The tag tier is a text"),
    ],
)
def test_a_tag_that_cannot_be_is_refused(tags, said):
    with pytest.raises(UsageError, match=said), session("s1", tags=tags):
        pass
