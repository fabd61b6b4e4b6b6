"""CPU time of the metrics: 10,000 queries with 100 results each, beside pytrec_eval's.

Run: python tests/benchmarks/retrieval_metrics.py [--queries N]

The target is 0.5 CPU seconds for every metric at k = 5, 10 and 20, per query and in all. Scores
are what a retriever returns, judgements three a query. It prints what pytrec_eval takes on the
same dictionaries, and the largest difference from it; with --ir-measures also that library's time.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from llmops_magics.retrieval.measure.rank_metric import rank_scores
from llmops_magics.retrieval.measure.ranking import Hit, Qrels, Run, document_scores

KS = (5, 10, 20)
RESULTS = 100
DOCUMENTS = 50_000
TARGET_S = 0.5
NAMES = {"recall": "recall", "precision": "P", "hit_rate": "success", "map": "map_cut"}
NAMES["ndcg"] = "ndcg_cut"


def collection(queries: int) -> tuple[Qrels, Run, list[list[Hit]]]:
    """Return judgements, and the same ranking as scores by document and as hits."""
    dice = random.Random(1)
    names = [f"document-{number}" for number in range(DOCUMENTS)]
    qrels, run, hits = {}, {}, []
    for number in range(queries):
        found = dice.sample(names, RESULTS)
        scores = sorted((dice.random() for _ in found), reverse=True)
        run[f"q{number}"] = dict(zip(found, scores, strict=True))
        hits.append([Hit(d, 0, None, s) for d, s in zip(found, scores, strict=True)])
        qrels[f"q{number}"] = {dice.choice(found): 1, dice.choice(names): 2, dice.choice(found): 1}
    return qrels, run, hits


def timed(what: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Do it three times; say and return the least CPU time."""
    took = []
    for _ in range(3):
        start = time.process_time()
        result = work()
        took.append(time.process_time() - start)
    print(f"{what:<44} {min(took):.3f} CPU s")
    return result, min(took)


def main() -> int:
    """Measure, compare, and return 1 where the target is missed or the metrics differ."""
    import pytrec_eval

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--ir-measures", action="store_true")
    args = parser.parse_args()
    qrels, run, hits = collection(args.queries)
    own, took = timed("rank_scores, 18 metrics", lambda: rank_scores(qrels, run, KS))
    timed("best chunk of each document", lambda: [document_scores(each) for each in hits])
    cuts = ",".join(map(str, KS))
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {f"{n}.{cuts}" for n in NAMES.values()})
    trec, _ = timed("pytrec_eval, 15 of them", lambda: evaluator.evaluate(run))
    worst = max(
        abs(trec[query][f"{name}_{k}"] - float(own.values[f"{metric}@{k}"][number]))
        for metric, name in NAMES.items()
        for k in KS
        for number, query in enumerate(own.query_ids)
    )
    print(f"largest difference from pytrec_eval: {worst:.2g}")
    if args.ir_measures:
        _ir_measures(qrels, run)
    print(f"target {TARGET_S} CPU s: {'met' if took <= TARGET_S else 'MISSED'}")
    return int(took > TARGET_S or worst > 1e-6)


def _ir_measures(qrels: Qrels, run: Run) -> None:
    import ir_measures

    kinds = ("nDCG", "R", "P", "AP", "RR", "Success")
    measures = [getattr(ir_measures, kind) @ k for kind in kinds for k in KS]
    evaluator = ir_measures.evaluator(measures, qrels)
    timed("ir_measures, 18 metrics", lambda: list(evaluator.iter_calc(run)))


if __name__ == "__main__":
    sys.exit(main())
