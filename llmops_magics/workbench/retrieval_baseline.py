"""What ``--baseline`` means: a retriever, an earlier check, or another corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.retrieval.record import RetrievalRow
from llmops_magics.evals.retrieval.request import Baseline
from llmops_magics.evals.retrieval.stored_check import StoredCheck, find_check
from llmops_magics.evals.stored import load_run
from llmops_magics.retrieval.search.spec import RETRIEVERS, check_spec

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.retrieval.access import Principal
    from llmops_magics.workbench.bench import Bench


class Indexes(Protocol):
    """What is asked of the indexes: what one was built of, and its chunks."""

    def manifest(self, corpus_name: str) -> Any:
        """Return the manifest of a corpus's index; ``RetrievalError`` where there is none."""
        ...

    def chunks(self, corpus_name: str) -> Sequence[Any]:
        """Return the chunks of a corpus's index."""
        ...


class Baselines:
    """Finds what a check is held against."""

    def __init__(self, bench: Bench, indexes: Callable[[], Indexes]) -> None:
        self._bench = bench
        self._indexes = indexes

    def find(
        self, written: str, corpus: str, names: Sequence[str], principal: Principal
    ) -> Baseline:
        """Return what is meant; raises ``UsageError`` where it is nothing, or others' check."""
        if not written:
            return Baseline(retriever=names[0])
        if _is_retriever(written):
            return Baseline(name=written, retriever=written)
        try:
            check = find_check(self._bench.store(), written.partition("/")[0])
        except UsageError as error:
            return self._other_corpus(written, corpus, error)
        refuse_other_groups(check, principal)
        return self.earlier(check, written)

    def _other_corpus(self, written: str, corpus: str, error: UsageError) -> Baseline:
        try:
            self._indexes().manifest(written)
        except RetrievalError:
            raise UsageError(
                f"{written!r} is no retriever, no earlier check and no corpus with an index.",
                hint=f"Retrievers are {', '.join(RETRIEVERS)}; a check's report names its id.",
            ) from error
        if written == corpus:
            raise UsageError(
                f"{corpus!r} cannot be its own baseline.", hint="Name an earlier check."
            )
        return Baseline(name=written)

    def earlier(self, check: StoredCheck, written: str) -> Baseline:
        """Return the runs of an earlier check; ``check/retriever`` is one of them alone."""
        _, _, alone = written.partition("/")
        if alone and alone not in check.run_ids:
            raise UsageError(
                f"the check {check.check_id} did not measure {alone!r}.",
                hint=f"It measured {', '.join(check.run_ids)}.",
            )
        chosen = {n: i for n, i in check.run_ids.items() if not alone or n == alone}
        runs = {name: self.load(run_id) for name, run_id in chosen.items()}
        rows = [
            RetrievalRow(
                retriever=name,
                corpus=check.corpus,
                index_fingerprint=check.index_fingerprints[name],
                run_id=run.run_id,
                scores=(),
                context_tokens={},
                ms_per_query=None,
                is_baseline=True,
            )
            for name, run in runs.items()
        ]
        return Baseline(name=written, runs=runs, rows=rows)

    def load(self, run_id: str) -> EvalRun:
        """Return a stored run."""
        return load_run(self._bench.store(), run_id, redacted=self._bench.redacted())


def refuse_other_groups(check: StoredCheck, principal: Principal) -> None:
    """Raise ``UsageError`` for a check of who may read other documents: its lists name them."""
    if check.groups not in (None, principal.groups):
        raise UsageError(
            f"the check {check.check_id} was made for other groups than {principal.name!r} is in:"
            " a difference would be what one may read and the other may not.",
            hint="Check again as whom you ask now, and start from that.",
        )


def _is_retriever(written: str) -> bool:
    try:
        check_spec(written)
    except UsageError:
        return False
    return True
