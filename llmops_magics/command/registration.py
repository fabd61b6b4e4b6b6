"""The arguments of ``%%prompt``, and the registration or preview that they ask for."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Argument, argument
from llmops_magics.command.value import assignment, json_or_text, read_json
from llmops_magics.prompts.settings import SETTINGS

if TYPE_CHECKING:
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.workbench.prompts import Prompts

_OBJECTS = ("tools", "response_format")  # said by a file or a variable


def _option(setting: str) -> str:
    return f"--{setting.replace('_', '-')}"


def _setting(name: str) -> Argument:
    return argument(
        _option(name),
        type=json_or_text,
        dest=f"setting_{name}",
        metavar="VALUE",
        help=SETTINGS[name][0],
    )


ARGUMENTS: tuple[Argument, ...] = (
    argument("name", complete="name", help="the prompt's name, such as support/answer"),
    argument(
        "--model",
        default="",
        complete="model",
        help="endpoint/model, such as openai/gpt-4.1-mini",
    ),
    *(_setting(name) for name in SETTINGS if name not in _OBJECTS),
    argument(
        "--tools",
        complete="variable",
        metavar="FILE|VAR",
        help="the functions the model may call: a list, as JSON or in a variable",
    ),
    argument(
        "--response-format",
        complete="variable",
        metavar="FILE|VAR",
        help="a JSON schema, as JSON, in a variable, or a pydantic model",
    ),
    argument("--message", "-m", default="", help="why it was changed"),
    argument("--label", default="", complete="label", help="then point this label to it"),
    argument(
        "--tag", action="append", default=[], type=assignment, metavar="k=v", help="may be repeated"
    ),
    argument(
        "--from",
        default="",
        dest="start",
        complete="ref",
        metavar="REF",
        help="begin with what this version has; two empty lines as the body take its messages too",
    ),
    argument("--dry-run", action="store_true", help="show what would change, register nothing"),
)


def register(
    prompts: Prompts,
    args: Namespace,
    source: str,
    *,
    namespace: Mapping[str, Any],
    first_line: int = 1,
) -> PromptVersion:
    """Register a source with what the arguments say, or only preview it.

    A label that cannot be given is refused before anything is written; giving it is the caller's.
    """
    options: dict[str, Any] = {
        "model": args.model,
        "settings": _settings(args, namespace),
        "message": args.message,
        "tags": dict(args.tag),
        "start": args.start,
        "first_line": first_line,
    }
    if args.label:  # before anything is written
        from llmops_magics.prompts.label import check_unprotected
        from llmops_magics.prompts.reference import check_label

        check_unprotected(check_label(args.label))
    make = prompts.preview if args.dry_run else prompts.register
    return make(args.name, source, **options)


def _settings(args: Namespace, namespace: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: getattr(args, f"setting_{name}", None) for name in SETTINGS}
    for name in _OBJECTS:
        written = getattr(args, name)
        given[name] = read_json(written, namespace, _option(name)) if written else None
    return {name: value for name, value in given.items() if value is not None}
