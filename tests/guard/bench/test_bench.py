import json

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.guard.bench.bench import TOGETHER, bench
from llmops_magics.guard.bench.data import read_labelled

MAIL = "write to ann@example.org"


def written(folder, rows):
    path = folder / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture
def labelled(tmp_path):
    rows = [
        {"text": MAIL, "label": "injection", "source": "one"},
        {"text": "harmless", "label": "injection", "source": "two"},
        {"text": MAIL, "label": "benign", "source": "two"},
        *[{"text": "harmless", "label": 0, "source": "two"}] * 3,
    ]
    return read_labelled(written(tmp_path, rows))


def test_texts_are_counted_with_intervals_and_by_group(labelled):
    [result] = bench(labelled, ["pii"]).results
    assert (result.recall.hits, result.recall.n, result.recall.value) == (1, 2, 0.5)
    assert (result.fpr.hits, result.fpr.n, result.fpr.value) == (1, 4, 0.25)
    assert (result.precision.value, result.f1) == (0.5, 0.5)
    assert result.recall.low == pytest.approx(0.0945, abs=1e-4)  # Wilson, 1 of 2
    groups = {group.name: (group.recall.hits, group.fpr.hits) for group in result.groups}
    assert groups == {"two": (0, 1), "one": (1, 0)}
    assert result.texts_per_cpu_s > 10
    assert result.version


def test_several_detectors_have_a_row_together_and_a_failed_one_says_so(labelled):
    report = bench(labelled, ["pii", "canary", "nope"])
    assert [result.detector for result in report.results] == ["pii", "canary", "nope", TOGETHER]
    assert [result.detector for result in report.errors] == ["nope"]
    assert report.results[-1].recall.hits == 1
    assert report.results[1].precision.value is None


def test_findings_of_another_kind_do_not_count(labelled):
    assert bench(labelled, ["pii"], kind="secret").results[0].recall.hits == 0
    assert bench(labelled, ["pii"], kind="pii").results[0].recall.hits == 1


def test_spans_are_counted_by_kind(tmp_path):
    rows = [
        {"text": MAIL, "spans": [{"start": 9, "end": 24, "type": "EMAIL"}]},
        {"text": "Ann wrote", "spans": [{"start": 0, "end": 3, "type": "PERSON"}]},
        {"text": f"{MAIL} today", "spans": []},
    ]
    report = bench(read_labelled(written(tmp_path, rows)), ["pii"])
    [result] = report.results
    assert (report.unit, report.spans, report.positives) == ("span", 2, 2)
    assert (result.recall.hits, result.recall.n) == (1, 2)
    assert (result.precision.hits, result.precision.n) == (1, 2)
    assert (result.fpr.hits, result.fpr.n) == (1, 1)
    assert {g.name: g.recall.hits for g in result.groups} == {"EMAIL": 1, "PERSON": 0}


def test_progress_and_a_limit(tmp_path):
    rows = [{"text": str(n), "label": n % 2} for n in range(100)]
    data = read_labelled(written(tmp_path, rows), limit=10)
    assert [row.text for row in data.rows][:3] == ["0", "10", "20"]
    seen = []
    bench(data, ["canary"], on_progress=lambda *each: seen.append(each))
    assert seen == [("canary", 0, 10)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1 holds no JSON"),
        ('{"label": 1}', "line 1 has no text"),
        ('{"text": "a"}', "neither label nor spans"),
        ('{"text": "a", "label": "odd"}', "whether the label 'odd' is dangerous"),
        ('{"text": "a", "spans": [{"start": 0, "end": 9}]}', "a span that is none"),
        ("", "has no rows"),
    ],
)
def test_rows_that_cannot_be_read_are_named(tmp_path, line, reason):
    path = tmp_path / "data.jsonl"
    path.write_text(line)
    with pytest.raises(UsageError, match=reason):
        read_labelled(path)


def test_labels_can_be_named(tmp_path):
    path = written(tmp_path, [{"text": "a", "label": "odd"}, {"text": "b", "label": "attack"}])
    rows = read_labelled(path, positive=["Odd"]).rows
    assert [row.is_positive for row in rows] == [True, False]
