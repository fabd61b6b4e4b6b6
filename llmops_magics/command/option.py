"""Values of an eval's options, as argparse reads them; heavy imports come with the first value."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
from typing import Any

_NEXT_SETTING = re.compile(r",(?=\s*[A-Za-z_]\w*\s*=)")


def dollars(text: str) -> Decimal:
    """Read an amount of US dollars; an argparse type."""
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ArgumentTypeError(f"{text!r} is no amount of US dollars, such as 0.50")
    return amount


def seconds(text: str) -> float:
    """Read a time limit; an argparse type."""
    try:
        number = float(text.removesuffix("s"))
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no time in seconds, such as 30")
    return number


def whole(text: str) -> int:
    """Read a whole number of 1 or more; an argparse type."""
    from llmops_magics.command.value import count

    return count(text)


def settings_group(text: str) -> dict[str, Any]:
    """Read ``temperature=0,top_p=0.9``; values are JSON, or text. An argparse type."""
    from llmops_magics.command.value import assignment, json_or_text
    from llmops_magics.errors import PromptSyntaxError
    from llmops_magics.prompts.settings import check_settings

    pairs = [assignment(part.strip()) for part in _NEXT_SETTING.split(text)]
    if len({name for name, _ in pairs}) < len(pairs):
        raise ArgumentTypeError(f"{text!r} gives a setting twice")
    try:
        return check_settings({name: json_or_text(value.strip()) for name, value in pairs})
    except PromptSyntaxError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from None
