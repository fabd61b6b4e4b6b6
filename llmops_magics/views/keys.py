"""How signing keys look: whose they are, since when, and which were revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import moment, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.audit.signing.register import RegisteredKey
    from llmops_magics.workbench.signing import KeyList

_NAME = 60
_REASON = 200


def key_list_html(listed: KeyList) -> Markup:
    """Show a row a key, and one's own."""
    rows = [
        block.row(
            block.cell(element("div", abbreviate(each.name, _NAME), dir="auto")),
            block.cell(
                element("code", each.key_id), " (yours)" if each.key_id == listed.own else ""
            ),
            element("td", moment(each.added_at), style=style.TIME),
            block.cell(_state(each)),
        )
        for each in listed.keys[: block.MAX_ROWS]
    ]
    heads = [block.head(title) for title in ("whose", "key", "since", "state")]
    return block.outer(
        block.heading(element("strong", plural(len(listed.keys), "key")), listed.register),
        block.subline([_own(listed)]),
        block.table("Registered keys", heads, rows) if rows else Markup(),
        block.more(len(listed.keys) - block.MAX_ROWS, "key"),
    )


def key_list_text(listed: KeyList) -> str:
    """Return one line a key, and one's own."""
    rows = [
        (
            abbreviate(each.name, _NAME),
            each.key_id + (" (yours)" if each.key_id == listed.own else ""),
            moment(each.added_at)[:10],
            _state(each),
        )
        for each in listed.keys[: block.MAX_ROWS]
    ]
    head = ("whose", "key", "since", "state")
    lines = columns(head, rows, noun="key", total=len(listed.keys)) if rows else []
    title = f"{plural(len(listed.keys), 'key')} in {listed.register}"
    return visible("\n".join([title, *lines, _own(listed)]))


def registered_key_html(key: RegisteredKey) -> Markup:
    """Show one key with its public part."""
    return block.outer(
        block.heading(element("strong", abbreviate(key.name, _NAME)), element("code", key.key_id)),
        block.subline([_state(key)]),
        element("div", element("code", key.public)),
    )


def registered_key_text(key: RegisteredKey) -> str:
    """Return one key with its public part."""
    lines = [
        f"{abbreviate(key.name, _NAME)}  {key.key_id}",
        f"public key  {key.public}",
        _state(key),
    ]
    return visible("\n".join(lines))


def _state(key: RegisteredKey) -> str:
    if not key.added_at:
        return "not registered: llmops keys add"
    if key.revoked_at:
        return f"revoked {moment(key.revoked_at)}: {abbreviate(key.reason, _REASON)}"
    return "valid"


def _own(listed: KeyList) -> str:
    name = abbreviate(listed.own_name, _NAME)
    if not listed.own:
        return f"{name} has no key here: llmops keys new"
    known = next((each for each in listed.keys if each.key_id == listed.own), None)
    if known is None:
        return f"{listed.own} ({name}) is not registered: llmops keys add"
    return f"yours ({name}) is {listed.own}, in {listed.own_path}"
