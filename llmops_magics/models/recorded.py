"""Model calls that leave a record, or are answered from one.

Of a chat call two links see to it. The inner one stands outside the cache and inside the guard: it
records the answer as it came, and gives a recorded one again, which the guard then looks at anew.
The outer one stands around tracing and adds what reached the caller. Where a call leads to others
(a guard that asks a model), each has a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from llmops_magics.config.settings import Settings
from llmops_magics.errors import UnknownModelError
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.embedding import EmbeddingRequest, EmbeddingResponse
from llmops_magics.models.endpoint import address_of
from llmops_magics.models.interceptor import Call, EmbeddingCall
from llmops_magics.models.recorded_answer import (
    chat_question,
    embedding_question,
    is_double,
    may_be_kept,
    read_chat,
    read_embedding,
    read_failure,
    write_chat,
    write_embedding,
    write_failure,
)
from llmops_magics.record import canonical_json, digest, digest_bytes
from llmops_magics.redaction import redact

Line = dict[str, Any]
_LINES: ContextVar[list[Line] | None] = ContextVar("llmops_recorded_lines", default=None)
_PLAYED = ("answer", "answer_digest", "origin", "double", "error")
TARGET, JUDGE, EMBEDDING = "target", "judge", "embedding"


class CallRecord(Protocol):
    """Where lines go, and where recorded ones come from."""

    def find(self, line: Line) -> Mapping[str, Any] | None:
        """Return the recorded line that answers a call, None to ask the model.

        Gives the new ``line`` its ``occurrence``. Raises ``ReplayMissError`` where the model must
        not be asked and nothing is recorded.
        """
        ...

    def add(self, line: Line) -> None:
        """Write a line."""
        ...


@dataclass(frozen=True)
class Witness:
    """The outer link: writes the lines of a call, with what its caller got."""

    record: CallRecord

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Pass a call on and write down what became of it."""
        lines: list[Line] = []
        token = _LINES.set(lines)
        response: ChatResponse | None = None
        try:
            response = await call_next(request)
        finally:
            _LINES.reset(token)
            for line in lines:
                if response is not None:
                    line["trace_id"] = response.trace_id
                    line["outputs"] = _distinct([*line["outputs"], *_outputs(response)])
                self.record.add(line)
        return response


@dataclass(frozen=True)
class RecordedCalls:
    """The inner link: the line of one try, or the answer of a recorded one."""

    record: CallRecord
    settings: Settings
    case_attribute: str

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Answer a call, or pass it on and note the answer or the failure."""
        role = JUDGE if request.purpose == "judge" else TARGET
        line = _begin(request, role, chat_question(request), self.settings, self.case_attribute)
        line |= {"kind": "chat", "repeat": request.repeat}
        try:
            found = self.record.find(line)
            if found is None:
                response = await call_next(request)
                _note(line, response, write_chat(response))
            else:
                _play(line, found)
                response = read_chat(found["answer"], request.model.partition("/")[0])
            line["outputs"] = _outputs(response)
        except BaseException as error:
            line["error"] = line["error"] or write_failure(error)
            raise
        finally:
            self._keep(line)
        return response

    def _keep(self, line: Line) -> None:
        lines = _LINES.get()
        if lines is None:  # nobody further out writes it
            self.record.add(line)
        else:
            lines.append(line)


@dataclass(frozen=True)
class RecordedEmbeddings:
    """The same for calls for vectors, in one link: nothing changes an answer further out."""

    record: CallRecord
    settings: Settings
    case_attribute: str

    async def intercept(
        self, request: EmbeddingRequest, call_next: EmbeddingCall
    ) -> EmbeddingResponse:
        """Answer a call, or pass it on and note the answer or the failure."""
        question = embedding_question(request)
        line = _begin(request, EMBEDDING, question, self.settings, self.case_attribute)
        line |= {"kind": "embedding", "repeat": 0}
        try:
            found = self.record.find(line)
            if found is None:
                response = await call_next(request)
                _note(line, response, write_embedding(response))
            else:
                _play(line, found)
                response = read_embedding(found["answer"], request.model.partition("/")[0])
        except BaseException as error:
            line["error"] = line["error"] or write_failure(error)
            raise
        finally:
            self.record.add(line)
        return response


def _begin(
    request: ChatRequest | EmbeddingRequest,
    role: str,
    question: str,
    settings: Settings,
    case_attribute: str,
) -> Line:
    case = request.attributes.get(case_attribute, "")
    return {
        "role": role,
        "place": digest([question, request.prompt_ref, case, role]),
        "question": question,
        "case": redact(case),
        "prompt": request.prompt_ref,
        "model": request.model,
        "address": _address(request.model, settings),
        "source": "wire",
        "origin": "wire",
        "double": False,
        "resolved_model": "",
        "system_fingerprint": "",
        "usage": None,
        "cost_usd": None,
        "latency_ms": None,
        "answer": None,
        "answer_digest": "",
        "outputs": [],
        "trace_id": "",
        "error": None,
    }


def _address(model: str, settings: Settings) -> str:
    try:
        return redact(address_of(model, settings)[0])
    except UnknownModelError:
        return ""


def _note(line: Line, response: ChatResponse | EmbeddingResponse, answer: Line) -> None:
    double = is_double(response)
    source = "cache" if response.cached else "double" if double else "wire"
    line |= {**_facts(answer), "source": source, "origin": source, "double": double}
    line["answer"] = answer if may_be_kept(response) else None
    line["answer_digest"] = digest(answer)


def _play(line: Line, found: Mapping[str, Any]) -> None:
    """Take over a recorded line; raises what it raised."""
    line |= {name: found[name] for name in _PLAYED}
    line["source"] = "record"
    if found["error"] is not None:
        raise read_failure(found["error"])
    line |= _facts(found["answer"])


def _facts(answer: Mapping[str, Any]) -> Line:
    said = {name: answer[name] for name in ("usage", "cost_usd", "latency_ms")}
    fingerprint = answer["system_fingerprint"]
    return {**said, "resolved_model": answer["model"], "system_fingerprint": fingerprint}


def _outputs(response: ChatResponse) -> list[str]:
    """Return the digests of what was said, as it is and masked: samples hold either."""
    text = response.text
    if not text and response.tool_calls:
        text = canonical_json(list(response.tool_calls)).decode()
    return _distinct([output_digest(text), output_digest(redact(text))])


def output_digest(text: str) -> str:
    """Return the digest by which the text of an answer is known."""
    return digest_bytes(text.encode("utf-8", "replace"))


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))
