"""Real records of a prompt's life: history, lists, conversations, attribution, tests."""

from __future__ import annotations

from view_records import DIGEST, prompt_diff

from llmops_magics.evals.attribution.record import (
    AblatedHunk,
    BisectProbe,
    BlameStep,
    Effect,
    PromptAblation,
    PromptBisect,
    PromptBlame,
)
from llmops_magics.prompts.history import (
    EvalNote,
    LabelMove,
    LogEntry,
    PromptLog,
    PromptSnapshot,
    ScoreNote,
)
from llmops_magics.prompts.listing import (
    Dependent,
    PromptArchive,
    PromptDependents,
    PromptFile,
    PromptList,
    PromptListing,
    PromptSearch,
    PromptTransfer,
    SearchHit,
)
from llmops_magics.prompts.rendered import PromptAnswer, RenderedPrompt
from llmops_magics.release.gate.change_test import ChangeTestOutcome, ChangeTestReport
from llmops_magics.release.gate.result import RuleResult, Verdict

MOMENT = "2030-01-31T09:15:00.000000Z"


def label_move(t="plain", **changes):
    fields = {
        "name": f"answer {t}",
        "label": f"staging {t}",
        "before": 11,
        "after": 12,
        "action": "move",
        "actor": t,
        "moved_at": MOMENT,
        "reason": t,
    }
    return LabelMove(**(fields | changes))


def eval_note(t="plain", mean=0.84, scores=1):
    score = ScoreNote(scorer=f"contains {t}", mean=mean, low=0.721, high=0.92, n=50)
    return EvalNote(
        run_id=t,
        dataset=t,
        dataset_digest=t,
        model=t,
        finished_at=t,
        scores=(score,) * scores,
    )


def log_entry(number=12, t="plain", **changes):
    fields = {"number": number, "digest": DIGEST, "message": t, "author": t, "created_at": MOMENT}
    return LogEntry(**(fields | changes))


def prompt_log(entries=None, *, t="plain", total=None):
    whole = log_entry(
        t=t, labels=(t,), tags={t: t}, moves=(label_move(t, forced=True),), evals=(eval_note(t),)
    )
    entries = (whole, log_entry(11, t)) if entries is None else entries
    return PromptLog(
        name=f"answer {t}", entries=entries, total=len(entries) if total is None else total
    )


def prompt_snapshot(t="plain", **changes):
    fields = {
        "name": t,
        "at": MOMENT,
        "newest": 9,
        "labels": {"production": 7, t: 9},
        "now": {"production": 12, t: 9, "later": 12},
        "newest_now": 14,
    }
    return PromptSnapshot(**(fields | changes))


def listing(name="answer", t="plain", **changes):
    fields = {
        "name": name,
        "number": 14,
        "digest": DIGEST,
        "description": t,
        "message": t,
        "author": t,
        "created_at": MOMENT,
        "labels": {t: 12},
    }
    return PromptListing(**(fields | changes))


def hit(excerpt, t="plain", **changes):
    fields = {"name": t, "number": 3, "field": t, "line": 7, "excerpt": excerpt, "labels": (t,)}
    return SearchHit(**(fields | changes))


def dependents(t="plain"):
    behind = Dependent(
        name=t, number=5, labels=(t,), included=2, through=(t, "all"), is_behind=True
    )
    level = Dependent(name=t, number=6, labels=(), included=3, through=(), is_behind=False)
    return PromptDependents(name=t, newest=3, dependents=(behind, level))


def transfer(action="import", t="plain"):
    made = PromptFile(path=f"prompts/{t}", ref=t, digest=t, is_new=True)
    return PromptTransfer(
        action=action, files=(made, PromptFile(path="b.prompty", ref="b@3", digest=DIGEST))
    )


def archive(t="plain", **changes):
    fields = {"name": t, "archived": True, "changed": True, "actor": t, "at": MOMENT}
    return PromptArchive(**(fields | {"reason": t, "dependents": (t,)} | changes))


def rendered(messages=None, *, t="plain", **changes):
    parts = [{"type": "text", "text": t}, {"type": "image_url", "image_url": {"url": t}}, {t: t}]
    call = {"id": t, "type": "function", "function": {"name": t, "arguments": t}}
    whole = (
        {"role": "system", "content": t},
        {"role": "user", "content": parts},
        {"role": t, "content": None, "tool_calls": [call, t]},
    )
    fields = {
        "ref": f"answer@12 {t}",
        "digest": DIGEST,
        "model": t,
        "messages": whole if messages is None else messages,
        "settings": {t: t, "tools": [{t: t}], "response_format": {t: t}},
        "variables": {t: t, "question": t},
        "sampled": ("question",),
    }
    return RenderedPrompt(**(fields | changes))


def answer(t="plain", **changes):
    fields = {
        "ref": f"answer@12 {t}",
        "model": t,
        "resolved_model": f"another {t}",
        "text": t,
        "tool_calls": ({"function": {"name": t, "arguments": f'{{"order": "{t}"}}'}}, {t: t}),
        "finish_reason": t,
        "variables": {t: t},
        "latency_ms": 812.0,
        "input_tokens": 212,
        "output_tokens": 31,
        "cost_usd": "0.0012",
    }
    return PromptAnswer(**(fields | changes))


def effect(difference=-0.14, low=-0.25, high=-0.04, verdict="worse", t="plain"):
    return Effect(
        difference=difference,
        low=low,
        high=high,
        confidence=0.95,
        n=50,
        method=t,
        verdict=verdict,
        is_proportion=True,
    )


def blame(t="plain", steps=None):
    step = BlameStep(
        before=9,
        after=11,
        mean_before=0.84,
        mean_after=0.7,
        effect=effect(t=t),
        message=t,
        author=t,
        created_at=MOMENT,
        unmeasured=(10,),
    )
    return PromptBlame(
        name=t,
        metric=t,
        dataset=t,
        dataset_digest=t,
        model=t,
        steps=(step,) if steps is None else steps,
        unmeasured=(10,),
        other_evals=4,
    )


def bisect(t="plain", culprits=(9,)):
    good = effect(0.0, 0.0, 0.0, "within noise", t)
    probes = (
        BisectProbe(number=3, mean=0.84, against_good=good, taken_as="good", reused=True),
        BisectProbe(number=9, mean=0.7, against_good=effect(t=t), taken_as="bad", reused=False),
        BisectProbe(number=7, mean=None, against_good=effect(t=t), taken_as=t, reused=False),
    )
    return PromptBisect(
        name=t,
        metric=t,
        good=3,
        bad=9,
        dataset=t,
        model=t,
        probes=probes,
        culprits=culprits,
        conclusion=f"{t} lowered it",
        evals_run=2,
        evals_reused=1,
    )


def ablation(t="plain", **changes):
    hunk = AblatedHunk(
        field=f"system {t}",
        before=f"Be brief. {t}",
        after=f"Be kind. {t}",
        mean=0.7,
        effect=effect(t=t),
        reused=True,
    )
    fields = {
        "base": t,
        "ref": t,
        "metric": t,
        "dataset": t,
        "model": t,
        "base_mean": 0.84,
        "whole_mean": 0.7,
        "whole": effect(t=t),
        "hunks": (hunk,),
        "interaction": -0.01,
        "evals_run": 1,
        "evals_reused": 1,
        "skipped": (t,),
    }
    return PromptAblation(**(fields | changes))


def change_test(t="plain", verdict=Verdict.FAIL):
    rule = RuleResult(
        rule=f"contains >= 0.9 {t}",
        verdict=verdict,
        reason=t,
        observed=0.8,
        low=0.7,
        high=0.9,
        n=50,
    )
    outcome = ChangeTestOutcome(
        data=t, dataset_digest=t, model=t, run_id=t, reused=True, verdict=verdict, rules=(rule,)
    )
    return ChangeTestReport(ref=t, digest=DIGEST, verdict=verdict, outcomes=(outcome,))


def every_record(t):
    unmeasured = effect(None, None, None, "not measured", t)
    return [
        label_move(t, diff=prompt_diff(t)),
        prompt_log(t=t),
        prompt_snapshot(t),
        PromptList(prompts=(listing(t, t), listing("old", t, archived=True))),
        PromptSearch(text=t, hits=(hit(f"before {t} after", t),)),
        dependents(t),
        transfer("import", t),
        transfer("export", t),
        archive(t),
        rendered(t=t),
        answer(t),
        blame(t),
        bisect(t),
        ablation(t),
        ablation(t, whole=unmeasured, interaction=None),
        change_test(t),
    ]
