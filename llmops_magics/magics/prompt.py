"""``%%prompt``: the cell's body is a prompt template, and running the cell versions it."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from llmops_magics.magics.failure import readable
from llmops_magics.magics.parser import MagicParser

PARSER = MagicParser(
    "%%prompt",
    description=(
        "Register the cell's body as a version of a prompt, if it differs from the newest.\n"
        "The body is Prompty: optional YAML front matter between --- lines, then system:, user:\n"
        "and assistant: lines; without them it is one user message. Variables are Jinja2."
    ),
    example=(
        "  %%prompt support/answer --temperature 0 --message 'shorter answers'\n"
        "  system:\n"
        "  Answer from the context in one sentence.\n"
        "  user:\n"
        "  {{ context }}\n"
        "  Question: {{ question }}"
    ),
)
PARSER.add_argument("name", help="the prompt's name, such as support/answer")
PARSER.add_argument("--model", default="", help="endpoint/model, such as openai/gpt-4.1-mini")
PARSER.add_argument("--temperature", type=float, help="0 for the most likely answer")
PARSER.add_argument("--max-tokens", type=int, help="the longest answer, in tokens")
PARSER.add_argument("--message", "-m", default="", help="why it was changed")
PARSER.add_argument("--run", action="store_true", help="call it once with the notebook's variables")


@magics_class
class PromptMagics(Magics):
    """The magics of the prompt layer."""

    @readable
    @cell_magic
    def prompt(self, line: str, cell: str) -> None:
        """Register a prompt version; see the help below."""
        args = PARSER.parse_line(line)
        from llmops_magics.library import register_prompt

        version = register_prompt(
            args.name,
            cell,
            model=args.model,
            settings=_settings(args),
            message=args.message,
            first_line=2,
        )
        display(version)
        if args.run:
            self._answer(version)

    def _answer(self, version: Any) -> None:
        from llmops_magics.library import ask

        names = self.shell.user_ns
        print(ask(version.ref, **{v: names[v] for v in version.variables if v in names}))  # noqa: T201


def _settings(args: Any) -> dict[str, Any]:
    given = {"temperature": args.temperature, "max_tokens": args.max_tokens}
    return {name: value for name, value in given.items() if value is not None}


PromptMagics.prompt.__doc__ = PARSER.format_help()
