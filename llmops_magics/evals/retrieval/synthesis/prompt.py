"""The prompt that questions are written with, and a chunk as what it reads.

A chunk is untrusted: it may hold text that looks like an instruction. It stands between lines with
a mark that it cannot hold, and whatever the model is led to say must still quote the chunk.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

from llmops_magics.datasets.case import GROUP, Case
from llmops_magics.evals.scorers.judged import fenced
from llmops_magics.prompts.packaged import packaged_version
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.version import PromptVersion
from llmops_magics.retrieval.chunking.chunk import Chunk

PROMPT: Final = "retrieval/question"
PASSAGE: Final = "passage"
_ID_CHARS: Final = 16


def question_prompt(prompts: PromptRegistry) -> PromptVersion:
    """Return the version that questions are written with: the user's own, else the package's."""
    source = resources.files(__package__).joinpath("question.prompty").read_text("utf-8")
    message = "the prompt for synthetic queries that comes with the package"
    return packaged_version(prompts, PROMPT, source, message=message)


def chunk_case(chunk: Chunk) -> Case:
    """Return a chunk as a case of the prompt; its document is the group."""
    texts = {"title": chunk.title, PASSAGE: chunk.text}
    name = f"chunk-{chunk.id.rpartition(':')[2][:_ID_CHARS]}"
    where = {"document": chunk.document_id, "start": chunk.start, "end": chunk.end}
    return Case(id=name, inputs=dict(fenced(texts)), metadata={GROUP: chunk.document_id, **where})
