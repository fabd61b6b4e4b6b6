"""Markdown's fences: the code in an answer."""

from __future__ import annotations

FENCES = ("```", "~~~")


def code_of(answer: str) -> list[str]:
    """Return the fenced blocks of an answer, the whole answer where it has none.

    A block that is never closed goes to the end.
    """
    blocks: list[list[str]] = []
    fence = ""
    for line in answer.splitlines(keepends=True):
        text = line.strip()
        if fence and text.startswith(fence) and not text.strip(fence[0]):
            fence = ""
        elif fence:
            blocks[-1].append(line)
        elif text.startswith(FENCES):
            fence = text[: len(text) - len(text.lstrip(text[0]))]
            if text.endswith(fence) and len(text) > len(fence):
                blocks.append([text.strip(fence[0])])  # opened and closed in one line
                fence = ""
            else:
                blocks.append([])
    return ["".join(block) for block in blocks] or [answer]
