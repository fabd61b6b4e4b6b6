import pytest

from llmops_magics.guard.detector import Context
from llmops_magics.guard.survey import survey as module
from llmops_magics.guard.survey.piece import Piece, Unread
from llmops_magics.guard.survey.survey import Plan, survey

TOKEN = "CANARY-4711"


def plan(*specs, **changes):
    return Plan(specs=specs, context=Context(canaries=(TOKEN,)), **changes)


def run(texts, chosen, boundary="output", **options):
    pieces = [Piece(name=f"text {n}", text=text, boundary=boundary) for n, text in enumerate(texts)]
    return survey(pieces, chosen, target="t", target_kind="text", **options)


def test_findings_are_counted_and_the_worst_come_first():
    report = run(["mail ann@example.org", f"{TOKEN} and {TOKEN}", "nothing"], plan("pii", "canary"))
    assert (report.outcome, report.finding_count, report.source_count) == ("findings", 3, 3)
    assert report.by_kind == {"canary": 2, "pii.email": 1}
    assert [source.name for source in report.sources] == ["text 1", "text 0"]
    assert [(use.detector, use.findings, use.texts) for use in report.detectors] == [
        ("pii", 1, 3),
        ("canary", 2, 3),
    ]
    assert report.count_at_least("critical") == 2
    assert "ann@example.org" not in str(report.to_dict())
    assert TOKEN not in str(report.to_dict())


def test_a_detector_that_cannot_look_makes_the_scan_fail():
    report = run(["harmless"], plan("canary", "nope"))
    assert (report.outcome, report.finding_count) == ("failed", 0)
    assert [use.detector for use in report.errors] == ["nope"]
    assert "there is no detector 'nope'" in report.errors[0].error


def test_what_could_not_be_read_makes_it_fail_but_what_holds_no_text_does_not():
    assert run(["x"], plan("canary"), unread=[Unread(name="a", reason="r")]).outcome == "failed"
    binary = Unread(name="a", reason="binary", is_failure=False)
    assert run(["x"], plan("canary"), unread=[binary]).outcome == "clean"


def test_the_usual_detectors_look_only_where_they_belong_and_named_ones_everywhere():
    usual = run(["x"], plan("leakage", "canary"), boundary="input")
    assert usual.idle == ("leakage",)
    named = run(["x"], plan("leakage", is_explicit=True), boundary="input")
    assert (named.idle, named.detectors[0].texts) == ((), 1)


def test_a_boundary_can_be_held_for_that_of_every_text():
    report = run(["x"], plan("leakage", boundary="output"), boundary="input")
    assert [use.detector for use in report.detectors] == ["leakage"]


def test_lists_are_bounded_and_counts_are_not(monkeypatch):
    monkeypatch.setattr(module, "MAX_SIGHTINGS", 5)
    monkeypatch.setattr(module, "MAX_OF_SOURCE", 3)
    report = run([f"{TOKEN} " * 4] * 4, plan("canary"))
    assert report.finding_count == 16
    assert [(source.count, len(source.findings)) for source in report.sources] == [(4, 3), (4, 2)]


def test_progress_tells_the_texts_done(monkeypatch):
    monkeypatch.setattr(module, "_BATCH_TEXTS", 2)
    seen = []
    run(["x"] * 5, plan("canary"), on_progress=lambda *each: seen.append(each))
    assert seen == [("scan", 0, 5), ("scan", 2, 5), ("scan", 4, 5)]


def test_a_report_is_a_table_too():
    table = run([TOKEN], plan("canary")).to_pandas()
    assert table[["source", "kind", "severity"]].values.tolist() == [
        ["text 0", "canary", "critical"]
    ]
    assert list(run(["x"], plan("canary")).to_pandas().columns)[:2] == ["source", "file"]


@pytest.mark.parametrize("texts", [[], [""]])
def test_nothing_to_scan_is_a_clean_report(texts):
    assert run(texts, plan("canary")).finding_count == 0
