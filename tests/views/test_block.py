"""The pieces that views are put together from."""

from __future__ import annotations

from llmops_magics.views import block
from llmops_magics.workbench.answers import SEMANTIC_OFF


def test_what_stands_between_backticks_is_code():
    shown = block.hint("see `check <a>` first", "")
    assert shown == "<div>see <code>check &lt;a&gt;</code> first</div>"
    assert block.hint("one ` is none", "") == "<div>one ` is none</div>"
    assert "<code>llmops cache measure-semantic</code>" in block.hint(SEMANTIC_OFF)
