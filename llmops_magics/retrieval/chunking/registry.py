"""Chunkers by their spec, ``KIND`` or ``KIND:ARGUMENT``: the package's and installed ones.

An entry point of the group ``llmops_magics.chunkers`` is a function that is called with the
argument and the tokenizer, and returns a ``Chunker``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking.adapter import chonkie_chunker, langchain_chunker
from llmops_magics.retrieval.chunking.chunker import Chunker
from llmops_magics.retrieval.chunking.fixed import TokenChunker, WholeChunker
from llmops_magics.retrieval.chunking.markdown import MarkdownChunker
from llmops_magics.retrieval.chunking.semantic import SemanticChunker
from llmops_magics.retrieval.chunking.size import parse_size
from llmops_magics.retrieval.chunking.tokenizer import Tokenizer

GROUP = "llmops_magics.chunkers"
DEFAULT_CHUNKER = "semchunk:200"
Make = Callable[[str, Tokenizer], Chunker]


def _whole(argument: str, tokenizer: Tokenizer) -> Chunker:
    if argument:
        raise RetrievalError(f"whole takes no {argument!r}.", hint="Write whole alone.")
    return WholeChunker(tokenizer)


CHUNKERS: Mapping[str, Make] = {
    "semchunk": lambda argument, tokenizer: SemanticChunker(parse_size(argument), tokenizer),
    "markdown": lambda argument, tokenizer: MarkdownChunker(parse_size(argument), tokenizer),
    "tokens": lambda argument, tokenizer: TokenChunker(parse_size(argument), tokenizer),
    "whole": _whole,
    "langchain": langchain_chunker,
    "chonkie": chonkie_chunker,
}


def chunker(spec: str = DEFAULT_CHUNKER, tokenizer: Tokenizer | None = None) -> Chunker:
    """Return the chunker of a spec, such as ``semchunk:200/20``, ``markdown:400`` or ``whole``.

    ``tokenizer`` is what counts (``tokenizer_of(embedder)``), by default the embedded embedder's.
    Raises ``RetrievalError`` for a spec that names none.
    """
    kind, _, argument = spec.strip().partition(":")
    make = CHUNKERS.get(kind) or _installed(kind)
    if make is None:
        raise _unknown(kind)
    return make(argument, tokenizer or _embedded())


def chunker_names() -> tuple[str, ...]:
    """Return the kinds there are, sorted; nothing is imported."""
    return tuple(sorted({*CHUNKERS, *(entry.name for entry in entry_points(group=GROUP))}))


def _embedded() -> Tokenizer:
    from llmops_magics.models.local.tokenizer import get_tokenizer

    return get_tokenizer()


def _installed(kind: str) -> Make | None:
    found = list(entry_points(group=GROUP, name=kind))
    if not found:
        return None
    try:
        made: Any = found[0].load()
    except Exception as error:
        raise RetrievalError(
            f"the chunker {kind!r} cannot be loaded: {type(error).__name__}: {error}.",
            hint=f"Its entry point is {found[0].value!r}; ask its maintainers, or uninstall it.",
        ) from error

    def make(argument: str, tokenizer: Tokenizer) -> Chunker:
        built = made(argument, tokenizer)
        lacking = [
            name
            for name in ("name", "fingerprint", "tokenizer", "split")
            if not hasattr(built, name)
        ]
        if lacking:
            raise RetrievalError(f"the chunker {kind!r} has no {', '.join(lacking)}.")
        return built  # type: ignore[no-any-return]

    return make


def _unknown(kind: str) -> RetrievalError:
    names = chunker_names()
    close = get_close_matches(kind, names, 1)
    return RetrievalError(
        f"there is no chunker {kind!r}" + (f" (did you mean {close[0]!r}?)." if close else "."),
        hint=f"There are {', '.join(names)}; semchunk:200/20 has 200 tokens and shares 20.",
    )
