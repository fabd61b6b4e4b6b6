"""Rewrites a template's parse tree before it is compiled.

Whatever can repeat or build reports to the budget, an include becomes the text it means, and
``image(…)`` becomes a filter of ours. What is put in is rewritten by the same rules, so limits,
variables and images are found in it as in the template itself.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

from llmops_magics.prompts.inclusion import MAX_INCLUSION_DEPTH, Expansion, read_reference
from llmops_magics.prompts.version import Inclusion

# Names of filters that no template can write: a name has no NUL, and a text that has one is
# refused where a filter is called by it (``sandbox``).
ADMIT, SPEND, EMIT, PASS, IMAGE = "\0admit", "\0spend", "\0emit", "\0pass", "\0image"
INTERNAL = frozenset({ADMIT, SPEND, EMIT, PASS, IMAGE})


class PromptParser(Parser):
    """Jinja's parser, but an include keeps the end of its line.

    ``trim_blocks`` takes the newline after a tag, which is right for ``{% if %}`` and would glue
    the last line of an included text to the line below.
    """

    def parse_include(self) -> nodes.Node:  # type: ignore[override]
        """Read an include tag; its newline, if one was trimmed, becomes text again."""
        node = super().parse_include()
        end = self.stream.current
        if end.type == "block_end" and end.value.endswith("\n") and end.value[0] != "-":
            newline = nodes.TemplateData("\n", lineno=node.lineno)
            after = nodes.Output([newline], lineno=node.lineno)
            return nodes.Scope([node, after], lineno=node.lineno)
        return node


class Meter(NodeTransformer):
    """One pass over one template; ``includes`` None leaves includes out, for a first look."""

    def __init__(
        self,
        parse: Callable[[str], nodes.Template],
        includes: tuple[Inclusion, ...] | None,
        expansion: Expansion,
        *,
        depth: int = 0,
    ) -> None:
        self._parse = parse
        self._includes = includes
        self._expansion = expansion
        self._depth = depth
        self._shadowed = False
        self.references: dict[str, None] = {}  # of the includes met, in their order

    def visit_Template(self, node: nodes.Template) -> nodes.Node:  # noqa: N802
        """Note a macro of the template itself that is called image."""
        self._shadowed = any(macro.name == "image" for macro in node.find_all(nodes.Macro))
        return self.generic_visit(node)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        """Spend at every round, also at those that the test leaves out."""
        self.generic_visit(node)
        node.body.insert(0, _report(SPEND, 1, node.lineno))
        if node.test is not None:  # runs for items that never reach the body
            passed = _filtered(nodes.Const(True), PASS, node.lineno)
            node.test = nodes.And(passed, node.test, lineno=node.lineno)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        """Emit the length of the literal text."""
        length = sum(len(n.data) for n in node.nodes if isinstance(n, nodes.TemplateData))
        self.generic_visit(node)
        return [_report(EMIT, length, node.lineno), node] if length else node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        """Let ``join``, which is bounded, put the parts together."""
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return _filtered(parts, "join", node.lineno)

    def visit_List(self, node: nodes.List | nodes.Dict | nodes.Tuple) -> nodes.Node:  # noqa: N802
        """Admit what is built."""
        self.generic_visit(node)
        if isinstance(node, nodes.Tuple) and node.ctx != "load":
            return node
        return _filtered(node, ADMIT, node.lineno)

    visit_Dict = visit_Tuple = visit_List  # noqa: N815

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        """Turn ``image(…)`` into our filter."""
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name != "image" or self._shadowed:
            return node
        is_plain = not node.dyn_args and not node.dyn_kwargs and 1 <= len(node.args) <= 2
        if not is_plain or any(option.key != "detail" for option in node.kwargs):
            raise TemplateSyntaxError('write image(path) or image(path, detail="low")', node.lineno)
        return nodes.Filter(
            node.args[0], IMAGE, node.args[1:], node.kwargs, None, None, lineno=node.lineno
        )

    def visit_Include(self, node: nodes.Include) -> nodes.Node | None:  # noqa: N802
        """Put the included text in the place of the tag."""
        reference = read_reference(node)
        self.references[reference] = None
        if self._includes is None:
            return None
        found = next((i for i in self._includes if i.reference == reference), None)
        if found is None:
            raise TemplateSyntaxError(
                f"{reference!r} is included but was not looked up", node.lineno
            )
        return self._inline(found, node.lineno)

    def _inline(self, inclusion: Inclusion, line: int) -> nodes.Node:
        """Return the included text as a scope of its own, at the line of the include tag."""
        self._expansion.count(inclusion.content)
        if self._expansion.excess or self._depth >= MAX_INCLUSION_DEPTH:
            excess = self._expansion.excess or f"texts over {MAX_INCLUSION_DEPTH} levels deep"
            raise TemplateSyntaxError(f"the prompt includes {excess}", line)
        tree = self._parse(inclusion.content)
        tree.set_lineno(line, override=True)
        inner = Meter(self._parse, inclusion.includes, self._expansion, depth=self._depth + 1)
        inner.visit(tree)
        return nodes.Scope(tree.body, lineno=line)

    def visit_Import(self, node: nodes.Node) -> nodes.Node:  # noqa: N802
        """Refuse what would load a template."""
        statement = type(node).__name__.lower().replace("fromimport", "import")
        raise TemplateSyntaxError(
            f"a prompt stands alone: `{statement}` has nothing to load from", node.lineno
        )

    visit_FromImport = visit_Extends = visit_Block = visit_Import  # noqa: N815


def _filtered(node: nodes.Expr, name: str, line: int) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=line)


def _report(name: str, amount: int, line: int) -> nodes.ExprStmt:
    return nodes.ExprStmt(_filtered(nodes.Const(amount, lineno=line), name, line), lineno=line)
