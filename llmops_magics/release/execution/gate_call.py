"""Find the gate calls of a notebook in its code, whatever name they go by."""

from __future__ import annotations

import ast
from collections.abc import Iterable

PACKAGE = "llmops_magics"
FUNCTION = "gate"


def count_gate_calls(codes: Iterable[ast.Module]) -> int:
    """Count the places that call ``llmops_magics.gate``; ``codes`` are the cells, in order.

    Follows ``import llmops_magics as x``, ``from llmops_magics import gate as y`` (or ``*``) and
    ``z = llmops_magics.gate``. A call in the body of a cell magic is text, and not seen.
    """
    nodes = [node for code in codes for node in ast.walk(code)]
    packages = _package_names(nodes)
    functions = _function_names(nodes)
    for node in nodes:
        if isinstance(node, ast.Assign) and _is_gate(node.value, packages, functions):
            functions |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return sum(
        isinstance(node, ast.Call) and _is_gate(node.func, packages, functions) for node in nodes
    )


def _package_names(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        alias.asname or PACKAGE
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == PACKAGE or (alias.name.startswith(f"{PACKAGE}.") and not alias.asname)
    }


def _function_names(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        alias.asname or FUNCTION
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE and node.level == 0
        for alias in node.names
        if alias.name in (FUNCTION, "*")
    }


def _is_gate(expression: ast.expr, packages: set[str], functions: set[str]) -> bool:
    if isinstance(expression, ast.Name):
        return expression.id in functions
    return (
        isinstance(expression, ast.Attribute)
        and expression.attr == FUNCTION
        and isinstance(expression.value, ast.Name)
        and expression.value.id in packages
    )
