"""All samples of a run in one artifact: what an output cell names instead of holding them.

A notebook holds the first rows of a run and the digest of this file, so it grows by the same
little whatever the run's size. The content is one sample a line, canonical JSON, gzip without a
time stamp: equal samples make equal bytes, and the digest verifies them wherever the file lies.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import ArtifactError
from llmops_magics.evals.run import Sample, Score
from llmops_magics.record import canonical_json, digest_bytes
from llmops_magics.storage.packed import unpacked_lines

if TYPE_CHECKING:
    from llmops_magics.storage.artifact import Artifacts

ENDING = ".jsonl.gz"
_LEVEL = 6
_MONEY = ("cost_usd", "spent_usd")
_NO_ROW = (
    ArtifactError,
    AttributeError,
    ArithmeticError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
_LISTS = ("tags", "tool_calls")


def write_rows(samples: Iterable[Sample], artifacts: Artifacts) -> str:
    """Store samples in their order, one pass, compressed as they come; return the digest."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=_LEVEL, mtime=0) as stream:
        for sample in samples:
            stream.write(canonical_json(sample) + b"\n")
    return artifacts.put(buffer.getvalue())


def read_rows(content: bytes, expected: str = "") -> Iterator[Sample]:
    """Yield the samples of a rows file; with ``expected`` its digest is checked first.

    Raises ``ArtifactError`` for content that has another digest or is no rows file.
    """
    if expected and digest_bytes(content) != expected:
        raise ArtifactError(f"The rows are not those of {expected}: the file was changed.")
    try:
        for line in unpacked_lines(content):
            yield _sample(json.loads(line))
    except _NO_ROW as error:
        raise ArtifactError(f"This is no file of a run's rows: {str(error).rstrip('.')}.") from None


def file_name(address: str) -> str:
    """Return the name that a rows file has beside an archived notebook: ``rows-1a2b….jsonl.gz``."""
    return f"rows-{address.partition(':')[2]}{ENDING}"


def named_rows(bundles: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the digests that the JSON of shown runs names, each once, in order."""
    named = (bundle.get("rows_artifact") for bundle in bundles)
    return tuple(dict.fromkeys(each for each in named if isinstance(each, str) and each))


def _sample(body: dict[str, Any]) -> Sample:
    money = {name: body[name] for name in _MONEY if body.get(name) is not None}
    lists = {name: tuple(body[name]) for name in _LISTS if name in body}
    return Sample(
        **{
            **body,
            **lists,
            **{name: Decimal(value) for name, value in money.items()},
            "scores": tuple(Score(**score) for score in body["scores"]),
        }
    )
