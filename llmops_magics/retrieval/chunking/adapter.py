"""``langchain:CLASS?…`` and ``chonkie:CLASS?…``: splitters of other libraries, once installed.

Their parameters stand behind the question mark: ``langchain:RecursiveCharacterTextSplitter?
chunk_size=800``. They mean what the library says, which is mostly characters; with
``length=tokens`` sizes are counted by the tokenizer that all other chunkers use. Overlap is 0
unless it is given. Whatever places a library gives, its pieces are laid out anew (``align``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import parse_qsl, urlencode

from llmops_magics.errors import RetrievalError
from llmops_magics.record import digest
from llmops_magics.retrieval.chunking.align import align
from llmops_magics.retrieval.chunking.chunker import Spans
from llmops_magics.retrieval.chunking.tokenizer import Tokenizer

Pieces = tuple[Sequence[str], Sequence[int] | None]


class LibraryChunker:
    """Cuts where a splitter of another library cuts. ``cut`` gives its pieces of a text."""

    def __init__(
        self, name: str, release: str, tokenizer: Tokenizer, cut: Callable[[str], Pieces]
    ) -> None:
        self.name = name
        self.tokenizer = tokenizer
        self.fingerprint = digest([name, release, tokenizer.fingerprint])
        self._cut = cut

    def split(self, text: str) -> Spans:
        """Return the places. Raises ``RetrievalError`` where they cannot be told."""
        if not text.strip():
            return []
        try:
            pieces, hints = self._cut(text)
        except Exception as error:
            raise RetrievalError(
                f"{self.name} raised {type(error).__name__}: {str(error)[:200].rstrip('.')}.",
                hint="Its parameters, or the text, are not what the library expects.",
            ) from error
        return align(text, pieces, self.name, hints)


def langchain_chunker(argument: str, tokenizer: Tokenizer) -> LibraryChunker:
    """Return a splitter of ``langchain-text-splitters``."""
    splitter_class, options = _parse("langchain", argument)
    module, release = _load("langchain_text_splitters", "langchain-text-splitters")
    has_overlap = issubclass(_class("langchain", module, splitter_class), module.TextSplitter)
    given = {"chunk_overlap": 0, **options} if has_overlap else options
    counted = _counted(given, {"length_function": tokenizer.count})
    splitter = _make("langchain", module, splitter_class, counted)

    def cut(text: str) -> Pieces:
        found = splitter.split_text(text)
        return [str(getattr(piece, "page_content", piece)) for piece in found], None

    return LibraryChunker(_name("langchain", splitter_class, given), release, tokenizer, cut)


def chonkie_chunker(argument: str, tokenizer: Tokenizer) -> LibraryChunker:
    """Return a chunker of ``chonkie``."""
    chunker_class, options = _parse("chonkie", argument)
    module, release = _load("chonkie", "chonkie")
    counted = _counted(options, {"tokenizer": tokenizer.count})
    made = _make("chonkie", module, chunker_class, counted)

    def cut(text: str) -> Pieces:
        found = made.chunk(text)
        return [piece.text for piece in found], [int(piece.start_index) for piece in found]

    return LibraryChunker(_name("chonkie", chunker_class, options), release, tokenizer, cut)


def _parse(library: str, argument: str) -> tuple[str, dict[str, Any]]:
    """Split ``CLASS?key=value&…``; values are JSON where they can be."""
    name, _, query = argument.partition("?")
    try:
        pairs = parse_qsl(query, strict_parsing=True, keep_blank_values=True) if query else []
    except ValueError as error:
        raise RetrievalError(
            f"{query!r} are no parameters of a chunker.",
            hint=f"Write {library}:CLASS?chunk_size=800&other=value.",
        ) from error
    if not name.isidentifier() or name.startswith("_"):
        raise RetrievalError(
            f"{name!r} is no class of {library}.", hint=f"Write {library}:CLASS?chunk_size=800."
        )
    return name, {key: _value(value) for key, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _counted(options: dict[str, Any], counter: dict[str, Any]) -> dict[str, Any]:
    """Put the counter in the place of ``length=tokens``."""
    rest = {key: value for key, value in options.items() if key != "length"}
    length = options.get("length", "characters")
    if length not in ("tokens", "characters"):
        raise RetrievalError(f"length is {length!r}.", hint="It is tokens or characters.")
    return {**counter, **rest} if length == "tokens" else rest


def _load(module: str, distribution: str) -> tuple[Any, str]:
    try:
        return import_module(module), f"{distribution} {version(distribution)}"
    except (ImportError, PackageNotFoundError) as error:
        raise RetrievalError(
            f"this chunker is one of {distribution}, which cannot be imported"
            f" ({type(error).__name__}: {str(error)[:120]}).",
            hint=f"Run: pip install {distribution}",
        ) from error


def _class(library: str, module: Any, name: str) -> type:
    found = getattr(module, name, None)
    if not isinstance(found, type):
        raise RetrievalError(
            f"{library} has no class {name!r}.", hint="Capital and small letters count."
        )
    return found


def _make(library: str, module: Any, name: str, options: dict[str, Any]) -> Any:
    try:
        made = _class(library, module, name)(**options)
    except RetrievalError:
        raise
    except Exception as error:
        raise RetrievalError(
            f"{library}:{name} cannot be made: {type(error).__name__}:"
            f" {str(error)[:200].rstrip('.')}.",
            hint=f"Its parameters were {', '.join(options) or 'none'}.",
        ) from error
    if not callable(getattr(made, "split_text" if library == "langchain" else "chunk", None)):
        raise RetrievalError(f"{library}:{name} splits no texts.")
    return made


def _name(library: str, kind: str, options: dict[str, Any]) -> str:
    texts = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in sorted(options.items())
    }
    return f"{library}:{kind}?{urlencode(texts)}" if texts else f"{library}:{kind}"
