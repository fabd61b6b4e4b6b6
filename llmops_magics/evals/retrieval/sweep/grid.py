"""What a sweep tries: chunkers, embedders, retrievers and k, crossed with one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.retrieval.request import KS, MOST_K
from llmops_magics.retrieval.chunking.size import MOST_TOKENS, parse_size
from llmops_magics.retrieval.search.spec import DENSE, HYBRID, LEXICAL, check_spec

SIZED = ("semchunk", "markdown", "tokens")
CHUNKERS = ("semchunk",)
SIZES = ("100", "200", "400")
OVERLAPS = ("0",)
RETRIEVERS = (LEXICAL, DENSE, HYBRID)
MOST_CONFIGURATIONS = 500

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """``pairs`` are chunkers with embedders, by their specs; each is searched in every way."""

    pairs: tuple[Pair, ...]
    retrievers: tuple[str, ...] = RETRIEVERS
    ks: tuple[int, ...] = KS
    remarks: tuple[str, ...] = ()

    @property
    def configurations(self) -> int:
        """How many there are at most: a lexical one does not depend on the embedder."""
        return len(self.pairs) * len(self.retrievers) * len(self.ks)

    @property
    def needs_vectors(self) -> bool:
        """Tell whether anything is embedded at all."""
        return any(base(each) != LEXICAL for each in self.retrievers)

    def with_pair(self, pair: Pair) -> Grid:
        """Add a pair, unless it is among them."""
        return self if pair in self.pairs else replace(self, pairs=(*self.pairs, pair))


def base(retriever: str) -> str:
    """Return the retriever without its reranker."""
    return retriever.partition("+")[0]


def make_grid(
    *,
    chunkers: Sequence[str] = CHUNKERS,
    sizes: Sequence[str | int] = SIZES,
    overlaps: Sequence[str | int] = OVERLAPS,
    embeddings: Sequence[str] = ("local",),
    retrievers: Sequence[str] = RETRIEVERS,
    ks: Sequence[int] = KS,
) -> Grid:
    """Cross everything; ``semchunk``, ``markdown`` and ``tokens`` take each size and overlap.

    Any other chunker, and one that names its size, is tried as it stands. An overlap of a size or
    more is left out, with a remark. Raises ``UsageError`` for more than 500 configurations, and
    for a list that is empty or holds what cannot be meant.
    """
    given = {"chunker": chunkers, "embedding": embeddings, "retriever": retrievers, "k": ks}
    for name, values in given.items():
        if not values:
            raise UsageError(f"no {name} is named.", hint="Name at least one.")
    if min(ks) < 1 or max(ks) > MOST_K:
        raise UsageError(f"k is {', '.join(map(str, ks))}.", hint=f"It goes from 1 to {MOST_K:,}.")
    for each in retrievers:
        check_spec(each)
    _refuse_many(chunkers, sizes, overlaps, embeddings, retrievers, ks)
    specs, remarks = _chunkers(chunkers, sizes, overlaps)
    return Grid(
        pairs=tuple(dict.fromkeys(product(specs, dict.fromkeys(embeddings)))),
        retrievers=tuple(dict.fromkeys(retrievers)),
        ks=tuple(sorted(set(ks))),
        remarks=remarks,
    )


def _refuse_many(
    chunkers: Sequence[str],
    sizes: Sequence[str | int],
    overlaps: Sequence[str | int],
    *others: Sequence[object],
) -> None:
    """Refuse a grid before it is made: a slip of the pen may mean millions."""
    sized = len({*chunkers} & {*SIZED})
    count = len({*chunkers}) - sized + sized * len({*sizes}) * len({*overlaps})
    words = [f"{count} chunkers"]
    for values, noun in zip(others, ("embedders", "retrievers", "k"), strict=True):
        count *= len({*values})
        words.append(f"{len({*values})} {noun}")
    if count > MOST_CONFIGURATIONS:
        raise UsageError(
            f"{' x '.join(words)} are {count:,} configurations, more than {MOST_CONFIGURATIONS}.",
            hint="Sweep sizes with one retriever first, then retrievers with the best sizes.",
        )


def _chunkers(
    chunkers: Sequence[str], sizes: Sequence[str | int], overlaps: Sequence[str | int]
) -> tuple[list[str], tuple[str, ...]]:
    specs: list[str] = []
    left_out: list[str] = []
    for each in dict.fromkeys(chunkers):
        if each not in SIZED:
            specs.append(each)
            continue
        for size, overlap in product(dict.fromkeys(sizes), dict.fromkeys(overlaps)):
            spec = _sized(each, str(size), str(overlap))
            (specs if spec else left_out).append(spec or f"{each}:{size}/{overlap}")
    if not specs:
        raise UsageError(
            "no chunker is left to try.", hint="Give sizes, and overlaps smaller than a size."
        )
    said = f"Left out, for the overlap is not below the size: {', '.join(left_out)}."
    return list(dict.fromkeys(specs)), (said,) if left_out else ()


def _sized(kind: str, size: str, overlap: str) -> str:
    """Return the spec; "" where the overlap is no part of the size. Both are checked alone."""
    parse_size(size or "?"), parse_size(f"{MOST_TOKENS}/{overlap}")
    try:
        return f"{kind}:{parse_size(f'{size}/{overlap}')}"
    except RetrievalError:
        return ""
