"""The live review: a list of samples beside one sample, and what can be said of it.

Every button and key is one call of the session, which has written it when the call returns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from llmops_magics.errors import UsageError
from llmops_magics.evals.review.state import CaseReview, Value
from llmops_magics.record import to_jsonable
from llmops_magics.views.case import score_words
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.views.review import review_detail
from llmops_magics.widgets import front
from llmops_magics.widgets.link import LinkedWidget, whole
from llmops_magics.widgets.table import shortest_first, verdict_word

if TYPE_CHECKING:
    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.run import Sample, Score

MOST_ROWS = 200
ROW_CHARACTERS = 90
REASON_CHARACTERS = 500
YES, NO = "yes", "no"


class ReviewWidget(LinkedWidget):
    """The controls of one session."""

    _esm = traitlets.Unicode(front.script("review")).tag(sync=True)

    def __init__(self, session: ReviewSession) -> None:
        self._session = session
        self._acts: Mapping[str, Callable[[Sample, Mapping[str, Any]], str]] = {
            "agree": self._agree,
            "wrong": self._wrong,
            "expect": self._expect,
            "note": self._note,
            "add": self._add,
            "skip": self._skip,
        }
        super().__init__(
            {
                "open": self._open,
                "rows": self._rows,
                "case": self._case,
                "act": self._act,
                "undo": self._undo,
                "next": self._next,
            }
        )

    def _open(self, _: Mapping[str, Any]) -> dict[str, Any]:
        self._session.refresh()
        run = self._session.run
        return {
            "title": f"Review of {visible(abbreviate(run.prompt, 120))}",
            "scope": visible(self._session.scope.words),
            "dataset": self._session.default_dataset,
            "at": self._session.first_open() or 0,
            **self._progress(),
        }

    def _progress(self) -> dict[str, Any]:
        reviews = [self._session.review_at(i) for i in range(len(self._session))]
        done = sum(review.is_done for review in reviews)
        skipped = sum(review.is_skipped and not review.is_done for review in reviews)
        return {"total": len(reviews), "done": done, "skipped": skipped}

    def _rows(self, content: Mapping[str, Any]) -> dict[str, Any]:
        total = len(self._session)
        start = whole(content, "start", total)
        end = min(start + whole(content, "count", MOST_ROWS), total)
        return {"total": total, "start": start, "rows": [self._row(i) for i in range(start, end)]}

    def _row(self, index: int) -> dict[str, Any]:
        sample = self._session.sample(index)
        repeat = f" #{sample.repeat + 1}" if self._session.run.repeats > 1 else ""
        shown = next(iter(shortest_first(sample.inputs)), "")
        return {
            "case": visible(abbreviate(sample.case_id, 60)) + repeat,
            "verdict": verdict_word(sample),
            "input": visible(abbreviate(shown, ROW_CHARACTERS)),
            "state": state_word(self._session.review_of(sample)),
        }

    def _case(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index, sample = self._asked(content)
        session = self._session
        review = session.review_of(sample)
        expected = review.expected if review.is_edited else sample.expected
        html = review_detail(session.run, sample, review, session.spans(sample))
        return {
            "index": index,
            "html": str(html),
            "scorer": session.scorer_for(sample),
            "scores": [_score(score) for score in sample.scores],
            "expected": expected if isinstance(expected, str) else _as_json(expected),
            "state": state_word(review),
        }

    def _act(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index, sample = self._asked(content)
        act = self._acts.get(str(content.get("action")))
        if act is None:
            raise UsageError("There is no such action.")
        said = act(sample, content)
        after = self._session.first_open(index) if content.get("action") in _DECIDES else index
        return self._told(index, said, index if after is None else after)

    def _undo(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index, _ = self._asked(content)
        action = self._session.undo()
        if action is None:
            return self._told(index, "There is nothing of yours to undo.", index)
        place = self._session.place_of(action.key)
        stays = f"; {action.body['dataset']} stays" if action.action == "add" else ""
        said = f"Undone: {action.action} of {visible(abbreviate(action.case_id, 60))}{stays}."
        return self._told(place if place is not None else index, said, place)

    def _next(self, content: Mapping[str, Any]) -> dict[str, Any]:
        index, _ = self._asked(content)
        after = self._session.first_open(min(index + 1, len(self._session) - 1))
        return self._told(index, "" if after is not None else "Nothing is open.", after)

    def _told(self, index: int, said: str, goto: int | None) -> dict[str, Any]:
        row = self._row(index)
        place = index if goto is None else goto
        return {"index": index, "row": row, "said": said, "goto": place, **self._progress()}

    def _asked(self, content: Mapping[str, Any]) -> tuple[int, Sample]:
        index = whole(content, "index", len(self._session) - 1)
        return index, self._session.sample(index)

    def _agree(self, sample: Sample, content: Mapping[str, Any]) -> str:
        made = self._session.agree(sample, _text(content, "scorer"))
        return f"Agreed with {made.body['scorer']}."

    def _wrong(self, sample: Sample, content: Mapping[str, Any]) -> str:
        scorer = _text(content, "scorer") or self._session.scorer_for(sample)
        score = next((each for each in sample.scores if each.scorer == scorer), None)
        right = read_verdict(_text(content, "right"), score.value if score else None)
        self._session.wrong(sample, scorer, right=right)
        return f"Noted that {scorer} is wrong."

    def _expect(self, sample: Sample, content: Mapping[str, Any]) -> str:
        text = _text(content, "expected")
        self._session.expect(sample, read_expected(text, sample.expected))
        return "Expectation edited."

    def _note(self, sample: Sample, content: Mapping[str, Any]) -> str:
        self._session.note(sample, _text(content, "text"))
        return "Note kept."

    def _add(self, sample: Sample, content: Mapping[str, Any]) -> str:
        made = self._session.add(sample, _text(content, "dataset").strip())
        return f"Added to {made.body['dataset']}."

    def _skip(self, sample: Sample, _: Mapping[str, Any]) -> str:
        self._session.skip(sample)
        return "Skipped."


_DECIDES = ("agree", "wrong", "skip")


def state_word(review: CaseReview) -> str:
    """Return a review's state as a word with its mark; empty for one that is open."""
    if any(not verdict.agrees for verdict in review.verdicts):
        return "✗ judge wrong"
    if review.verdicts:
        return "✓ agreed"
    if review.is_done:
        return "✎ edited" if review.is_edited else "+ added"
    return "→ skipped" if review.is_skipped else ""


def read_verdict(text: str, value: Value) -> Value:
    """Read what is right from what was typed: yes or no, a number, or a label, as the score is."""
    word = text.strip()
    if word.casefold() in (YES, NO, "true", "false") and not isinstance(value, str):
        return word.casefold() in (YES, "true")
    if word and not isinstance(value, str | bool):
        try:
            return float(word)
        except ValueError:
            return word
    return word or None


def read_expected(text: str, before: Any) -> Any:
    """Read an edited expectation: text where it was one, else JSON where it is that."""
    if isinstance(before, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _score(score: Score) -> dict[str, Any]:
    kind = "yes or no" if isinstance(score.value, bool) else "number"
    kind = "label" if isinstance(score.value, str) else kind
    reason = visible(abbreviate(score.reason, REASON_CHARACTERS))
    return {"scorer": score.scorer, "says": score_words(score), "kind": kind, "reason": reason}


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _as_json(value: Any) -> str:
    return "" if value is None else json.dumps(to_jsonable(value), ensure_ascii=False, indent=1)
