"""``%%prompt`` versions the cell's body; ``%prompt`` shows, tries, labels and explains versions."""

from __future__ import annotations

from functools import cache
from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display

from llmops_magics.magics.failure import readable
from llmops_magics.magics.operation import OperationMagic
from llmops_magics.magics.parser import MagicParser

_DESCRIPTION = """\
Register the cell's body as a version of a prompt, if it differs from the newest.
The body is Prompty: optional YAML front matter between --- lines, then system:, user:
and assistant: lines; without them it is one user message. Variables are Jinja2."""
_EXAMPLE = """\
  %%prompt support/answer --temperature 0 --message 'shorter answers'
  system:
  Answer from the context in one sentence.
  {% include "policy/refusal@candidate" %}
  user:
  {{ context }}
  Question: {{ question }}"""
OPERATIONS = OperationMagic(
    "prompt",
    "llmops_magics.command.prompt",
    first_steps=("list", "log", "diff", "run", "label", "rollback"),
)


@cache
def cell_parser() -> MagicParser:
    """Return the parser of ``%%prompt``; each model setting has an option of its own."""
    from llmops_magics.command.registration import ARGUMENTS

    parser = MagicParser("%%prompt", description=_DESCRIPTION, example=_EXAMPLE)
    for each in ARGUMENTS:
        each.add_to(parser)
    parser.add_argument("--run", action="store_true", help="then call it once")
    return parser


@magics_class
class PromptMagics(Magics):
    """The magics of the prompt layer."""

    @readable
    @cell_magic("prompt")
    def prompt_cell(self, line: str, cell: str) -> None:
        """Register a prompt version; see the help below."""
        args = cell_parser().parse_line(line)
        from llmops_magics.command.registration import register
        from llmops_magics.workspace import current_workspace

        prompts = current_workspace().prompts
        version = register(prompts, args, cell, namespace=self.shell.user_ns, first_line=2)
        display(version)
        if args.label and not args.dry_run:
            display(OPERATIONS.call("label", self.shell.user_ns, version.ref, args.label))
        if args.run and not args.dry_run:
            self._run(prompts, version)

    @readable
    @line_magic("prompt")
    def prompt_line(self, line: str) -> Any:
        """Work with prompt versions; see the help below."""
        return OPERATIONS.run(line, self.shell.user_ns)

    def _run(self, prompts: Any, version: Any) -> None:
        """Call the model with the notebook's variables; the sample fills in what is not there."""
        names = self.shell.user_ns
        given = {name: names[name] for name in version.variables if name in names}
        display(prompts.run(version.ref, {**version.sample, **given}))


# What `%%prompt?` and `%prompt?` show.
PromptMagics.prompt_cell.__doc__ = cell_parser().format_help()
PromptMagics.prompt_line.__doc__ = OPERATIONS.help()
