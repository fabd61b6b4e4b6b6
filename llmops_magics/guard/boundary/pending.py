"""Questions that wait for a person, and their answers: rows of the store, each with its event.

The first answer stands, whoever gives it: a person in any process on the same store, or the time
limit, which says no. A call from inside a tool is refused, and so is one in a gate, and one from a
thread of its own while a tool runs. This holds a model that calls tools, not code that a model
wrote: what runs in the kernel, or starts a process, can do all that its user can. Where such code
runs, only another account can be asked, on a store that this one cannot write as it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from uuid import uuid4

from llmops_magics.errors import AccessDeniedError, UsageError
from llmops_magics.record import Record, format_time, in_gate, parse_time, to_jsonable, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store

State = Literal["waiting", "allow", "deny", "expired"]
MAX_SHOWN: Final = 2_000
MOST_LISTED: Final = 200
NOBODY: Final = "nobody"
SHORTEST_ID: Final = 4
_IN_TOOL: ContextVar[str] = ContextVar("llmops_in_tool", default="")
_IS_PERSON: ContextVar[bool] = ContextVar("llmops_is_person", default=False)
_RUNNING: list[str] = []  # the tools that run in this process; each change is one step


@dataclass(frozen=True, kw_only=True)
class PendingQuestion(Record):
    """What a person is asked: ``shown`` is masked, ``reason`` says why anybody has to answer.

    ``state`` is waiting until it says allow, deny or expired, by ``answered_by``.
    """

    kind: ClassVar[str] = "guard-question"

    id: str
    at: str
    expires_at: str
    boundary: str
    subject: str
    reason: str
    shown: str
    environment: str
    actor: str
    trace_id: str = ""
    state: State = "waiting"
    answered_by: str = ""
    answered_at: str = ""
    note: str = ""

    @property
    def seconds_left(self) -> float:
        """How long an answer is still waited for; 0 when that is over."""
        return max(0.0, (parse_time(self.expires_at) - utc_now()).total_seconds())


@dataclass(frozen=True, kw_only=True)
class PendingList(Record):
    """Questions, the newest first."""

    kind: ClassVar[str] = "guard-pending"

    questions: tuple[PendingQuestion, ...]


@contextmanager
def inside_tool(name: str) -> Iterator[None]:
    """Mark a block as a tool's: what runs in it acts for a model, and answers no question."""
    token = _IN_TOOL.set(name)
    _RUNNING.append(name)
    try:
        yield
    finally:
        _RUNNING.remove(name)
        _IN_TOOL.reset(token)


@contextmanager
def typed_by_a_person() -> Iterator[None]:
    """Mark a block that hands on what somebody typed at this kernel, even while a tool waits."""
    token = _IS_PERSON.set(True)
    try:
        yield
    finally:
        _IS_PERSON.reset(token)


def _tool_at_work() -> str:
    """Return the tool that runs here, or that may have started this thread; "" if none."""
    if _IS_PERSON.get():
        return ""
    is_cell = threading.current_thread() is threading.main_thread()
    return _IN_TOOL.get() or ("" if is_cell else next(iter(_RUNNING[-1:]), ""))


class PendingRegistry:
    """The questions of one store; ``may_answer`` raises ``AccessDeniedError`` for who may not."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        actor: Callable[[], str],
        may_answer: Callable[[str, PendingQuestion], None] = lambda _who, _question: None,
    ) -> None:
        self._open_store = open_store
        self._actor = actor
        self._may_answer = may_answer

    def question(self, *, timeout_s: float, shown: str, **fields: Any) -> PendingQuestion:
        """Return a new question, which is not stored yet."""
        now = utc_now()
        fields = {name: to_jsonable(value) for name, value in fields.items()}
        return PendingQuestion(
            id=uuid4().hex[:12],
            at=format_time(now),
            expires_at=format_time(now + timedelta(seconds=timeout_s)),
            shown=to_jsonable(shown[:MAX_SHOWN]),  # no half of a character
            actor=to_jsonable(self._actor()[:200]),
            **fields,
        )

    def list(self, *, all_states: bool = False) -> PendingList:
        """Return what waits for an answer, or with ``all_states`` whatever was asked."""
        from sqlalchemy import select

        from llmops_magics.storage.table import guard_answer, guard_pending

        joined = guard_pending.outerjoin(guard_answer)
        query = select(guard_pending, *_answer_columns()).select_from(joined)
        if not all_states:
            query = query.where(guard_answer.c.answer.is_(None))
            query = query.where(guard_pending.c.expires_at > format_time(utc_now()))
        with self._open_store().read() as connection:
            rows = connection.execute(
                query.order_by(guard_pending.c.at.desc()).limit(MOST_LISTED)
            ).mappings()
            return PendingList(questions=tuple(_question(row) for row in rows))

    def get(self, question_id: str) -> PendingQuestion:
        """Return a question with its answer, if there is one, by its id or how that begins.

        Raises ``UsageError``.
        """
        with self._open_store().read() as connection:
            return _read(connection, question_id)

    def answer(self, question_id: str, *, allow: bool, note: str = "") -> PendingQuestion:
        """Answer for who acts now; the first answer stands.

        Raises ``AccessDeniedError`` where the one who acts may not, ``UsageError`` where the
        question is unknown, answered or too old.
        """
        question = self.get(question_id)
        self._check(question)
        wanted: State = "allow" if allow else "deny"
        stood = self._write(question, wanted, self._actor(), note)
        if (stood.state, stood.answered_by) != (wanted, self._actor()[:200]):
            raise UsageError(
                f"question {question.id} is answered: {stood.state}, by {stood.answered_by}.",
                hint="The first answer stands.",
            )
        return stood

    def close(self, question: PendingQuestion, note: str) -> PendingQuestion:
        """Say no where nobody answered, or can; an answer that came before stands."""
        return self._write(question, "expired", NOBODY, note)

    def _check(self, question: PendingQuestion) -> None:
        tool = _tool_at_work()
        if tool or in_gate():
            where = f"the tool {tool!r}" if tool else "a gate"
            raise AccessDeniedError(
                f"question {question.id} cannot be answered from inside {where}.",
                hint="A person answers: `llmops guard allow ID` or deny, in a terminal.",
            )
        self._may_answer(self._actor(), question)

    def _write(
        self, question: PendingQuestion, answer: State, actor: str, note: str
    ) -> PendingQuestion:
        from sqlalchemy import insert

        from llmops_magics.audit import trail
        from llmops_magics.storage.table import guard_answer

        with self._open_store().write(lock="guard") as connection:
            known = _read(connection, question.id)
            if known.state != "waiting":
                return known
            now = utc_now()
            if now >= parse_time(known.expires_at):
                answer, actor = "expired", NOBODY
            values = {
                "answer": answer,
                "actor": actor[:200],
                "at": format_time(now),
                "note": note[:MAX_SHOWN],
            }
            connection.execute(insert(guard_answer).values(pending_id=question.id, **values))
            trail.append(
                connection,
                actor=actor,
                action=f"guard.answer.{answer}",
                resource=f"{known.boundary}:{known.subject}",
                body={"question": known.id, "asked_by": known.actor, "note": note[:MAX_SHOWN]},
            )
        said = {"answered_by": values["actor"], "answered_at": values["at"]}
        return replace(known, state=answer, note=values["note"], **said)


def insert_question(connection: Connection, question: PendingQuestion) -> None:
    """Store a question in the transaction of the decision that asks it."""
    from sqlalchemy import insert

    from llmops_magics.storage.table import guard_pending

    names = {column.name for column in guard_pending.columns}
    connection.execute(
        insert(guard_pending).values({n: v for n, v in vars(question).items() if n in names})
    )


def _answer_columns() -> tuple[Any, ...]:
    from llmops_magics.storage.table import guard_answer as table

    return (
        table.c.answer,
        table.c.actor.label("answered_by"),
        table.c.at.label("answered_at"),
        table.c.note,
    )


def _read(connection: Connection, question_id: str) -> PendingQuestion:
    from sqlalchemy import select

    from llmops_magics.storage.table import guard_answer, guard_pending

    query = (
        select(guard_pending, *_answer_columns())
        .select_from(guard_pending.outerjoin(guard_answer))
        .where(guard_pending.c.id.startswith(question_id, autoescape=True))
    )
    rows = connection.execute(query.limit(2)).mappings().all()
    if len(rows) == 1 and len(question_id) >= SHORTEST_ID:
        return _question(rows[0])
    what = "several questions begin with" if len(rows) > 1 else "there is no question"
    raise UsageError(
        f"{what} {question_id!r}.",
        hint=f"`llmops guard pending` lists them; {SHORTEST_ID} characters of an id are enough.",
    )


def _question(row: Any) -> PendingQuestion:
    fields = {name: value for name, value in dict(row).items() if value is not None}
    state = fields.pop("answer", "waiting")
    return PendingQuestion(state=state, **fields)
