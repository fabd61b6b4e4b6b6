"""The live labelling: a list of queries beside one passage, and the grades 0 to 3.

Every key is one call of the session, which has written it when the call returns. What is sent of a
passage holds neither rank nor score nor retriever, and no other person's grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from llmops_magics.errors import UsageError
from llmops_magics.evals.retrieval.labelling.label import GRADES
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.widgets import front
from llmops_magics.widgets.link import LinkedWidget, whole

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.labelling.session import LabelSession

MOST_ROWS = 200
ROW_CHARACTERS = 120
TEXT_CHARACTERS = 20_000


class LabelWidget(LinkedWidget):
    """The controls of one session."""

    _esm = traitlets.Unicode(front.script("label")).tag(sync=True)

    def __init__(self, session: LabelSession) -> None:
        self._session = session
        self._of_query: dict[int, list[int]] = {}
        for index in range(len(session)):
            self._of_query.setdefault(session.passage(index).query, []).append(index)
        self._queries = list(self._of_query)  # those with a passage, in their order
        super().__init__(
            {
                "open": self._open,
                "rows": self._rows,
                "passage": self._passage,
                "grade": self._grade,
                "undo": self._undo,
                "next": self._next,
                "query": self._query,
            }
        )

    def _open(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._session.refresh()
        return {
            "title": f"Labels on {visible(abbreviate(self._session.corpus, 80))}",
            "scope": visible(abbreviate(self._session.name, 80)),
            "labeller": visible(abbreviate(self._session.labeller, 80)),
            "grades": [f"{grade} {words}" for grade, words in GRADES.items()],
            "at": self._session.first_open() or 0,
            **self._progress(),
        }

    def _progress(self) -> dict[str, Any]:
        graded = (self._session.grade_at(index) for index in range(len(self._session)))
        done = sum(grade is not None for grade in graded)
        return {"total": len(self._session), "done": done}

    def _rows(self, content: Mapping[str, Any]) -> dict[str, Any]:
        total = len(self._queries)
        start = whole(content, "start", total)
        end = min(start + whole(content, "count", MOST_ROWS), total)
        return {"total": total, "start": start, "rows": [self._row(i) for i in range(start, end)]}

    def _row(self, row: int) -> dict[str, Any]:
        own = self._of_query[self._queries[row]]
        grades = [self._session.grade_at(index) for index in own]
        done = sum(grade is not None for grade in grades)
        relevant = sum(grade is not None and grade > 0 for grade in grades)
        query = self._session.pool.queries[self._queries[row]]
        return {
            "text": visible(abbreviate(query.text, ROW_CHARACTERS)),
            "state": "✓ done" if done == len(own) else "",
            "counts": f"{done} of {len(own)} graded, {relevant} relevant",
        }

    def _passage(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index = whole(content, "index", len(self._session) - 1)
        return self._shown(index)

    def _shown(self, index: int) -> dict[str, Any]:
        passage = self._session.passage(index)
        own = self._of_query[passage.query]
        text = passage.text
        return {
            "index": index,
            "row": self._queries.index(passage.query),
            "place": own.index(index) + 1,
            "of": len(own),
            "query": visible(abbreviate(self._session.query_of(index).text, 2_000)),
            "title": visible(abbreviate(passage.title, 300)),
            "text": visible(text[:TEXT_CHARACTERS]),
            "cut": max(0, len(text) - TEXT_CHARACTERS),
            "grade": self._session.grade_at(index),
        }

    def _grade(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index = whole(content, "index", len(self._session) - 1)
        grade = content.get("grade")
        if grade not in GRADES or isinstance(grade, bool):
            raise UsageError("There is no such grade.")
        made = self._session.grade(index, int(grade))
        after = self._session.first_open(index)
        said = f"Graded {made.grade}: {GRADES[int(grade)]}."
        if after is None:
            said += " Every passage is graded."
        return self._told(index, said, index if after is None else after)

    def _undo(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index = whole(content, "index", len(self._session) - 1)
        undone = self._session.undo()
        if undone is None:
            return self._told(index, "There is nothing of yours to undo.", index)
        label, place = undone
        where = "" if place is not None else ", of a passage that is not in this pool"
        at = index if place is None else place
        return self._told(at, f"Undone: the grade {label.grade}{where}.", at)

    def _next(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index = whole(content, "index", len(self._session) - 1)
        after = self._session.first_open(min(index + 1, len(self._session) - 1))
        return self._told(index, "" if after is not None else "Nothing is open.", after)

    def _query(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Go to a query: to its first passage that is open, else to its first."""
        row = whole(content, "row", len(self._queries) - 1)
        own = self._of_query[self._queries[row]]
        open_ones = (index for index in own if self._session.grade_at(index) is None)
        return self._shown(next(open_ones, own[0]))

    def _told(self, index: int, said: str, goto: int | None) -> dict[str, Any]:
        row = self._queries.index(self._session.passage(index).query)
        place = index if goto is None else goto
        return {
            "row": row,
            "shownRow": self._row(row),
            "said": said,
            "passage": self._shown(place),
            **self._progress(),
        }
