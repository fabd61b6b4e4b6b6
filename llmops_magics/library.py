"""The public functions: what each magic does, in one line of Python.

They act on the workspace of the current folder, and what they return can show itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llmops_magics.views  # noqa: F401  (records returned from here can be shown)
from llmops_magics.workspace import current_workspace

if TYPE_CHECKING:
    from decimal import Decimal

    import pandas as pd

    from llmops_magics.evals.calibration.record import Calibration
    from llmops_magics.evals.estimate import EvalEstimate
    from llmops_magics.evals.redteam.report import RedteamReport
    from llmops_magics.evals.request import AskedCache
    from llmops_magics.evals.retrieval.record import RetrievalReport
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.release.gate.evidence import Evidence
    from llmops_magics.release.gate.result import GateDecision
    from llmops_magics.retrieval.index.manifest import IndexManifest
    from llmops_magics.tracing.operation import OpenSpan, Operations
    from llmops_magics.tracing.pipeline import Tracing


def register_prompt(
    name: str,
    source: str,
    *,
    model: str = "",
    settings: Mapping[str, Any] | None = None,
    message: str = "",
    first_line: int = 1,
) -> PromptVersion:
    """Register a prompt in Prompty format; a new version only if its content is new.

    The same as ``%%prompt NAME`` with ``source`` as the cell's body. Errors count lines from
    ``first_line``.
    """
    return current_workspace().prompts.register(
        name, source, model=model, settings=settings, message=message, first_line=first_line
    )


def ask(reference: str, *, model: str = "", **variables: Any) -> str:
    """Render a prompt with variables, call its model once and return the answer's text."""
    return current_workspace().ask(reference, model=model, **variables)


def evaluate(
    target: Any,
    data: Any,
    scorers: Sequence[Any],
    *,
    baseline: Any = "",
    model: str = "",
    settings: Mapping[str, Any] | None = None,
    repeats: int = 1,
    concurrency: int = 0,
    aa: bool = False,
    cache: AskedCache = "",
    max_cost_usd: Decimal | float | str | None = None,
    case_timeout_s: float | None = None,
    run_timeout_s: float | None = None,
    namespace: Mapping[str, Any] | None = None,
    on_plan: Callable[[EvalEstimate], None] | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> EvalRun:
    """Run a prompt or a function over a dataset and return the run: ``%llm_eval`` as a function.

    ``target`` and ``baseline`` are prompt references or functions. ``cache`` is "use", "refresh",
    "off" or "replay". See ``Workspace.evaluate`` for the rest.
    """
    return current_workspace().evaluate(
        target,
        data,
        scorers,
        baseline=baseline,
        model=model,
        settings=settings or {},
        repeats=repeats,
        concurrency=concurrency,
        aa=aa,
        cache=cache,
        max_cost_usd=max_cost_usd,
        case_timeout_s=case_timeout_s,
        run_timeout_s=run_timeout_s,
        namespace=namespace,
        on_plan=on_plan,
        on_progress=on_progress,
    )


def trace(
    function: Any = None, *, name: str = "", kind: str = "function", capture: bool = True
) -> Any:
    """Make a span of every call of a function: plain, ``async``, or a generator of either.

    ``@trace`` or ``@trace(kind="tool")``; the kinds are function, retrieval, tool and agent.
    Arguments and results are kept, masked and cut, unless ``capture`` is False.
    """
    return _operations().trace(function, name=name, kind=kind, capture=capture)


def span(
    name: str, *, kind: str = "function", **attributes: Any
) -> AbstractContextManager[OpenSpan]:
    """Make a span of a block; what it gives takes attributes: ``s.set(found=3)``."""
    return _operations().span(name, kind=kind, **attributes)


def session(
    session_id: str = "", *, user: str = "", tags: Mapping[str, str] | None = None
) -> AbstractContextManager[None]:
    """Put a session, a user and tags on every span that begins inside the block.

    Routers see them too: a session keeps the model that a weighted one chose for it, and rules may
    look at tags.
    """
    from llmops_magics.tracing.session import session as open_session

    return open_session(session_id, user=user, tags=tags)


def guarded_tool(
    function: Any = None,
    *,
    name: str = "",
    prompt: str = "",
    side_effect: bool = True,
    trusted: bool = False,
) -> Any:
    """Guard a function that a model may call: ``@guarded_tool``, or with options.

    Its arguments and its result are checked, and so is who may call it. A tool with side effects
    waits for a person once untrusted text came into the conversation. ``trusted`` is a tool whose
    results are none. See ``Guarding.tool``.
    """
    guard = current_workspace().guard
    return guard.tool(function, name=name, prompt=prompt, side_effect=side_effect, trusted=trusted)


def guard_stream(chunks: Any, *, prompt: str = "", system_prompt: str = "") -> Any:
    """Check the texts of a stream, asynchronous or not, by sentences; nothing leaves before.

    Raises ``BlockedError`` in its course. See ``Guarding.stream``.
    """
    guard = current_workspace().guard
    return guard.stream(chunks, prompt=prompt, system_prompt=system_prompt)


@cache
def _operations() -> Operations:
    from llmops_magics.tracing.operation import Operations

    def find() -> tuple[Tracing, bool]:
        workspace = current_workspace()
        return workspace.tracing, workspace.settings.trace.keeps_content

    return Operations(find)


def get_prompt(reference: str) -> PromptVersion:
    """Return a prompt version, with what changed against the version before it."""
    return current_workspace().prompts.get(reference, with_diff=True)


def load_cases(source: Any) -> pd.DataFrame:
    """Return the cases of a dataset as a DataFrame: a file, a DataFrame or a list of dicts."""
    from llmops_magics.datasets.loader import load

    return load(source).to_pandas()


def index_manifest(corpus: str) -> IndexManifest:
    """Return what the index of a corpus was built of, and when."""
    return current_workspace().indexes.manifest(corpus)


def index_documents(
    corpus: str, documents: Any, *, on_progress: Callable[[int, int], None] | None = None
) -> IndexManifest:
    """Embed documents into the workspace's Chroma index; one that is up to date costs nothing.

    ``documents`` is a JSONL file, a DataFrame or a list of dicts with id, title and text;
    ``on_progress`` gets (documents embedded, all).
    """
    from llmops_magics.retrieval.document import load_documents

    indexes = current_workspace().indexes
    return indexes.build(
        corpus, load_documents(documents), chunker="whole", on_progress=on_progress
    )


def attach_context(
    cases: Any,
    corpus: str,
    *,
    question: str = "question",
    k: int = 1,
    column: str = "context",
    retriever: str = "dense",
    principal: str = "",
) -> Any:
    """Retrieve ``k`` passages for each case and add their text as a column.

    ``cases`` is a file, a DataFrame or a list of dicts, and is not changed. ``retriever`` is
    ``dense``, ``lexical`` or ``hybrid``; ``principal`` is whose groups decide what may be read,
    left out whoever asks.
    """
    from llmops_magics.retrieval.context import attach_context as attach

    through = current_workspace().search.through(retriever, principal or None)
    cases = load_cases(cases) if isinstance(cases, str | Path) else cases
    return attach(
        cases, through, corpus, question=question, k=k, column=column, retriever=retriever
    )


def calibrate(judge: Any, labels: Any, **options: Any) -> Calibration:
    """Hold a judge against human labels: ``%llm_calibrate`` as a function.

    See ``Workspace.calibrate`` for the options.
    """
    return current_workspace().calibrate(judge, labels, **options)


def gate(
    run: EvalRun | RetrievalReport | RedteamReport,
    rules: Sequence[str],
    *,
    retriever: str = "",
    evidence: Sequence[Evidence] = (),
    index_fingerprint: str = "",
    mode: str = "interval",
    require_calibrated: bool | Sequence[str] | None = None,
) -> GateDecision:
    """Decide a release by rules: the last step of a gold notebook.

    Each rule yields PASS, FAIL or INCONCLUSIVE with its reason; see ``release.gate.rule`` for the
    grammar. ``mode`` "strict" makes a FAIL of what is undecided, "point" decides on the observed
    value alone; each result then says what that gives up. With ``require_calibrated`` (True, or
    names of scorers; the default is the setting ``gate.require_calibrated``) a rule on a judge
    without a licence is INCONCLUSIVE. Under ``llmops gate`` the decision is also handed to the
    runner, once.

    Of a retrieval check the rules are about one ``retriever`` (``recall@10 >= 0.8``), and an index
    that moved since decides nothing, nor does the one named by ``index_fingerprint``. ``evidence``
    are further records that must not speak against it: the status of an index with its rules, a
    check of access, a scan, the list of detectors. Of a red team report the rules are about its
    run (``resisted >= 0.9``), and a family that was not tried decides nothing.
    """
    from llmops_magics.release.gate.decision import decide
    from llmops_magics.release.gate.licensed import in_store, no_store
    from llmops_magics.workbench.grounds import grounds_of

    workspace = current_workspace()
    if require_calibrated is None:
        require_calibrated = workspace.settings.gate.require_calibrated
    grounds = grounds_of(run, retriever, evidence, workspace.indexes, index_fingerprint)
    decision = decide(
        grounds.run,
        rules,
        index_fingerprint=grounds.index_fingerprint,
        further=grounds.further,
        mode=mode,
        require_calibrated=require_calibrated,
        find_licence=in_store(workspace.store) if require_calibrated else no_store,
    )
    return _deliver(decision, grounds.run)


def _deliver(decision: GateDecision, run: EvalRun) -> GateDecision:
    from llmops_magics.release.execution.ballot import deliver
    from llmops_magics.release.execution.claim import write_claim

    write_claim(run)
    deliver(decision)
    return decision


def run_gate(notebook: str | Path, parameters: Mapping[str, Any] | None = None) -> Any:
    """Execute a gold notebook as a gate: ``llmops gate`` as a function."""
    return current_workspace().gate(notebook, parameters)
