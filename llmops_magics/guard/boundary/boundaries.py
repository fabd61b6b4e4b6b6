"""Check texts where they cross a boundary: scan, decide, record, and hold back what is refused.

Every check is a span. What was found, refused, asked about or could not be looked at is a row and
an audit event too, written before anything goes on: where that cannot be written, nothing passes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmops_magics.config.guard import GuardSettings
from llmops_magics.guard.boundary import attribute, decision_log
from llmops_magics.guard.boundary.asking import settle, settle_async
from llmops_magics.guard.boundary.crossing import NO_SETTING, Checked, Crossing, Outcome, Setting
from llmops_magics.guard.boundary.masking import Placeholders, Redactor, excerpt, masked
from llmops_magics.guard.boundary.pending import PendingQuestion, PendingRegistry
from llmops_magics.guard.boundary.policy import Place, check_policies, decide, strictest
from llmops_magics.guard.boundary.refusal import blocked_error, check_answer
from llmops_magics.guard.boundary.remembered import RememberedScans
from llmops_magics.guard.detector import Boundary, Context
from llmops_magics.guard.registry import DEFAULT
from llmops_magics.guard.scan import TextScan
from llmops_magics.record import in_gate

if TYPE_CHECKING:
    from llmops_magics.tracing.pipeline import Tracing


class Boundaries:
    """The boundaries of one workspace."""

    def __init__(
        self,
        settings: GuardSettings,
        *,
        environment: str,
        canaries: tuple[str, ...],
        tracing: Callable[[], Tracing],
        log: decision_log.DecisionLog,
        pending: PendingRegistry,
        keeps_content: bool,
        redactor: Callable[[], Redactor] = Placeholders,
    ) -> None:
        self._settings = settings
        self._policies = settings.policies
        self._environment = environment
        self._canaries = canaries
        self._tracing = tracing
        self.log = log
        self.pending = pending
        self.keeps_content = keeps_content
        self.redactor = redactor
        detectors = settings.detectors or DEFAULT
        check_policies(self._policies, detectors)
        self._scans = RememberedScans(detectors)

    def check(self, crossings: Sequence[Crossing], setting: Setting = NO_SETTING) -> Outcome:
        """Return what may go on; from any thread but the loop's.

        Raises ``BlockedError`` for what is refused, by a policy or by the person who was asked.
        """
        outcome = self.survey(crossings, setting)
        self.refuse(outcome)
        for question in outcome.questions:
            check_answer(outcome, settle(self.pending, question))
        return outcome

    async def check_async(
        self,
        crossings: Sequence[Crossing],
        setting: Setting = NO_SETTING,
        on_outcome: Callable[[Outcome], None] = lambda _: None,
    ) -> Outcome:
        """Do the same on a running loop; ``on_outcome`` sees what was decided before it holds."""
        outcome = await self.survey_async(crossings, setting)
        on_outcome(outcome)
        self.refuse(outcome)
        for question in outcome.questions:
            check_answer(outcome, await settle_async(self.pending, question))
        return outcome

    async def survey_async(self, crossings: Sequence[Crossing], setting: Setting) -> Outcome:
        """Do what ``survey`` does, off the loop."""
        if not crossings:
            return Outcome(checked=())
        return await asyncio.to_thread(self.survey, crossings, setting)

    def survey(self, crossings: Sequence[Crossing], setting: Setting) -> Outcome:
        """Scan, decide and record; nothing is raised for what is refused."""
        groups: dict[Boundary, list[Crossing]] = {}
        for crossing in crossings:
            groups.setdefault(crossing.boundary, []).append(crossing)
        names = self.redactor()
        found: dict[int, Checked] = {}
        questions: list[PendingQuestion] = []
        for boundary, group in groups.items():
            outcome = self._survey_one(boundary, group, setting, names)
            found |= {id(each.crossing): each for each in outcome.checked}
            questions += outcome.questions
        checked = tuple(found[id(each)] for each in crossings)
        return Outcome(checked=checked, questions=tuple(questions))

    def refuse(self, outcome: Outcome) -> None:
        """Raise ``BlockedError`` if a text is blocked."""
        blocked = [each for each in outcome.checked if each.decision.action == "block"]
        if not blocked:
            return
        for question in outcome.questions:
            self.pending.close(question, "Another text of the same call is refused.")
        raise blocked_error(blocked)

    def _survey_one(
        self, boundary: Boundary, group: Sequence[Crossing], setting: Setting, names: Redactor
    ) -> Outcome:
        place = Place(boundary=boundary, prompt=setting.prompt, environment=self._environment)
        context = Context(
            boundary=boundary,
            system_prompt=setting.system_prompt,
            canaries=self._canaries,
            allowed_hosts=self._settings.allowed_hosts,
        )
        with self._tracing().span(f"guard {boundary}", {attribute.BOUNDARY: boundary}) as span:
            names.begin(_ids(span)[0])
            seen = [self._scans.knows(each.text, context) for each in group]
            scans = self._scans.scan([each.text for each in group], context)
            checked = [self._decide(*each, place, names) for each in zip(group, scans, strict=True)]
            question = self._question(checked, place, span)
            questions = () if question is None else (question,)
            outcome = Outcome(checked=tuple(checked), questions=questions)
            span.set_attributes(_attributes(outcome, scans))
            self._record(outcome, list(zip(scans, seen, strict=True)), place, span)
        return outcome

    def _decide(self, crossing: Crossing, scan: TextScan, place: Place, names: Redactor) -> Checked:
        if crossing.approved:
            scan = _without(scan, crossing)
        decision = decide(scan, self._policies, place, in_gate=in_gate())
        if decision.is_clean:
            return Checked(
                crossing=crossing, decision=decision, text=crossing.text, kept=crossing.text
            )
        hidden = decision.of("redact")
        text = names.redacted(crossing.text, hidden) if hidden else crossing.text
        kept = masked(crossing.text, decision)
        return Checked(crossing=crossing, decision=decision, text=text, kept=kept)

    def _question(
        self, checked: Sequence[Checked], place: Place, span: Any
    ) -> PendingQuestion | None:
        asked = [each for each in checked if each.decision.action == "ask"]
        if not asked or any(each.decision.action == "block" for each in checked):
            return None
        kinds = dict.fromkeys(kind for each in asked for kind in each.decision.kinds)
        shown = "\n".join(excerpt(each.crossing.text, each.decision) for each in asked)
        return self.pending.question(
            timeout_s=self._settings.ask_timeout_s,
            shown=shown if self.keeps_content else "",
            boundary=place.boundary,
            subject=", ".join(each.crossing.subject for each in asked)[:300],
            reason=f"Found: {', '.join(kinds)}.",
            environment=place.environment,
            trace_id=_ids(span)[0],
        )

    def _record(
        self, outcome: Outcome, scans: Sequence[tuple[TextScan, bool]], place: Place, span: Any
    ) -> None:
        entries = [
            decision_log.Entry(
                place=place,
                subject=each.crossing.subject,
                decision=each.decision,
                runs=scan.runs,
                characters=len(each.crossing.text),
                excerpt=excerpt(each.crossing.text, each.decision) if self.keeps_content else "",
            )
            for each, (scan, was_seen) in zip(outcome.checked, scans, strict=True)
            if _is_noted(each, was_seen=was_seen)
        ]
        trace_id, span_id = _ids(span)
        question = next(iter(outcome.questions), None)
        self.log.write(entries, trace_id=trace_id, span_id=span_id, question=question)


def _without(scan: TextScan, crossing: Crossing) -> TextScan:
    left = (
        found
        for found in scan.findings
        if (found.kind, crossing.text[found.start : found.end]) not in crossing.approved
    )
    return replace(scan, findings=tuple(left))


def _is_noted(checked: Checked, *, was_seen: bool) -> bool:
    noted = checked.crossing.noted
    if checked.decision.is_clean:
        return False
    if checked.decision.action in ("ask", "block") or noted == "always":
        return True
    return noted == "new" and not was_seen


def _attributes(outcome: Outcome, scans: Iterable[TextScan]) -> Mapping[str, Any]:
    runs = {run.detector: run for scan in scans for run in scan.runs}
    decisions = [each.decision for each in outcome.checked]
    lists = {
        attribute.POLICIES: (name for each in decisions for name in each.policies),
        attribute.KINDS: (kind for each in decisions for kind in each.kinds),
        attribute.FAILED: (run.detector for each in decisions for run in each.failed),
        attribute.DETECTORS: (f"{run.detector} {run.version}".strip() for run in runs.values()),
    }
    said = {name: list(dict.fromkeys(values)) for name, values in lists.items()}
    return {
        attribute.ACTION: strictest(each.action for each in decisions),
        attribute.TEXTS: len(decisions),
        attribute.FINDINGS: sum(len(each.rulings) for each in decisions),
        **{name: values for name, values in said.items() if values},
        **({attribute.QUESTION: outcome.questions[0].id} if outcome.questions else {}),
    }


def _ids(span: Any) -> tuple[str, str]:
    from opentelemetry import trace as otel

    context = span.get_span_context()
    return otel.format_trace_id(context.trace_id), otel.format_span_id(context.span_id)
