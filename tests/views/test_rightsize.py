"""Right-sizing, routers and the cache as they are shown; and that no text of theirs is markup."""

from __future__ import annotations

import struct
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from llmops_magics import views
from llmops_magics.evals.sizing import right_size
from llmops_magics.models.routing.decision import Try
from llmops_magics.record import VIEWS
from llmops_magics.retrieval.semantic import (
    NearPair,
    Rate,
    SemanticMeasurement,
    ThresholdRow,
)
from llmops_magics.views.rightsize import rightsize_html, rightsize_text
from llmops_magics.views.rightsize_plot import describe, draw
from llmops_magics.workbench.answers import CacheChange, CachedModel, CacheStatus
from llmops_magics.workbench.routers import RouterEntry, RouterList, RouteTrial

sys.path.append(str(Path(__file__).parents[1] / "evals"))
from matrix_runs import make_run

EVIL = '"><script>alert(1)</script>$x_1$\u202e'


def report(t="", **changes):
    def run(name, passing, cost):
        values = [n < passing for n in range(200)]
        return make_run(
            {f"ok{t}": values}, f"run-{name}", model=f"openai/{name}{t}", cost=cost, prompt=f"p{t}"
        )

    runs = [run("big", 190, "0.01"), run("mid", 190, "0.002"), run("small", 100, "0.0003")]
    return replace(right_size(runs, margin=0.05), **changes)


def records(t):
    rate = Rate(hits=1, n=2, rate=0.5, low=0.1, high=0.9)
    near = NearPair(first=t, second=t, similarity=0.9)
    model = CachedModel(model=t, answers=1, size_bytes=2, oldest_at=t, newest_at=t)
    tried = Try(model=t, outcome="passed over", why=t)
    entry = RouterEntry(name=t, strategy="rules", models=(t,), leaves=(t, t), says={t: {t: t}})
    return [
        report(t, wanted_route=t, route=t),
        report(t, verdict="INCONCLUSIVE", chosen="", wanted_route=t),
        CacheStatus(
            answers=1, size_bytes=2, oldest_at=t, max_answers=3, max_age_days=4, models=(model,),
            hits=2, unpriced_hits=1, saved_usd=Decimal("0.5"),
        ),
        CacheChange(action="clear", removed=1, left=0),
        SemanticMeasurement(
            source=t, embedder=t, same=1, different=1, most_false=0.01, usable=None, reason=t,
            rows=(ThresholdRow(threshold=0.5, hit=rate, false_hit=rate),),
            nearest_different=(near,), farthest_same=(near,),
        ),
        RouterList(routers=(entry,)),
        RouteTrial(router=t, strategy="rules", asks=(tried,), called=True, text=t, routed_to=t),
    ]  # fmt: skip


def test_no_text_becomes_markup():
    assert views.html_document
    for record in records(EVIL):
        html, text = VIEWS[record.kind].html(record), VIEWS[record.kind].text(record)
        assert "<script" not in html
        assert "\u202e" not in html + text
        assert record.to_dict()["kind"] == record.kind


def test_the_words_of_a_verdict():
    text = rightsize_text(report())
    assert text.startswith("✓ PASS: openai/mid\n")
    assert "It saves $0.008 a case, 80%." in text
    assert "openai/small  ok \N{MINUS SIGN}45.0 pts" in text
    shown = rightsize_html(report(wanted_route="r", route="router/r"))
    assert "router/r was written into llmops.toml: it asks openai/mid, and openai/big" in shown
    assert "✓ PASS" in shown


def test_the_picture_is_a_png_with_words():
    drawn = draw(report())
    assert drawn.png.startswith(b"\x89PNG")
    assert struct.unpack(">II", drawn.png[16:24]) == (2 * drawn.width, 780)
    html = rightsize_html(report())
    data = html.partition('src="data:image/png;base64,')[2].partition('"')[0]
    assert b64decode(data).startswith(b"\x89PNG")
    assert describe(report()) == (
        "ok against cost a case: openai/small 50.0% at $0.0003 a case, inferior; "
        "openai/mid 95.0% at $0.002 a case, non-inferior; openai/big 95.0% at $0.01 a case, "
        "reference"
    )


def test_nothing_to_draw_is_no_picture():
    unpriced = [replace(m, cost_per_case_usd=None) for m in report().models]
    assert draw(report(models=tuple(unpriced))).png == b""
    assert "<img" not in rightsize_html(report(models=tuple(unpriced)))


def test_matplotlib_is_imported_with_the_first_picture_alone():
    code = (
        "import sys, llmops_magics.views.rightsize, llmops_magics.views.rightsize_plot;"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
