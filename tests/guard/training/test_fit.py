"""Weights from labelled texts: the same twice, and from sources that were held out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detectors.injection.model import line, load, save
from llmops_magics.guard.training.carrier import hidden
from llmops_magics.guard.training.data import read_examples
from llmops_magics.guard.training.edge import HeldOut, above_lines, edge_lines, is_reported
from llmops_magics.guard.training.example import Example, examples, template
from llmops_magics.guard.training.fit import FOLDS, folds, train


def rows():
    made = [*examples("attack", 60, 5), *examples("benign", 60, 5)]
    return [
        Example(text=row.text, is_attack=row.is_attack, source=f"s{at % 6}", category="")
        for at, row in enumerate(made)
    ]


def test_the_same_rows_and_seed_give_the_same_bytes(tmp_path):
    pytest.importorskip("sklearn")
    for name in ("a", "b"):
        save(train(rows(), seed=3, made=60), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    weights = load(tmp_path / "a")
    assert 0 < weights.threshold < 1
    assert weights.slope > 0
    assert np.count_nonzero(weights.weights) > 1000


def test_progress_is_told():
    pytest.importorskip("sklearn")
    seen = []
    train(rows(), made=40, on_progress=lambda *told: seen.append(told))
    assert seen == [("held out", number, FOLDS) for number in range(FOLDS)]


def test_both_labels_are_needed():
    with pytest.raises(DetectorError, match="attacks and harmless"):
        train([Example(text="a", is_attack=True, source="s", category="")])


def test_a_source_stays_in_one_fold():
    made = rows()
    found = folds(made)
    assert len({(row.source, fold) for row, fold in zip(made, found, strict=True)}) == 6
    assert len(set(found)) == 6


def test_templates_are_filled_and_the_seed_decides():
    first, again, other = (examples("attack", 300, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert {row.category for row in first} == set(template("attack")["families"])
    assert not any("{reveal}" in row.text or "{say}" in row.text for row in first)


def test_harmless_templates_quote_attacks():
    told = [row for row in examples("benign", 1000, 1) if row.category == "told_attack"]
    assert told
    assert not any(row.is_attack or "{told}" in row.text for row in told)


def test_an_attack_is_hidden_in_a_carrier():
    carrier = Example(text="One. Two. Three.", is_attack=False, source="mail", category="email")
    attack = Example(text="ATTACK", is_attack=True, source="t", category="agent")
    texts = hidden([carrier], [attack], 20, 1)
    assert {row.source for row in texts} == {"mail"}
    assert all("ATTACK" in row.text and "One" in row.text for row in texts)
    assert len({row.text.index("ATTACK") for row in texts}) > 1
    assert hidden([], [attack], 5, 1) == []


def test_the_edge_follows_the_length():
    # 1,200 harmless texts, those of a length all score its logarithm: the line is exact
    length = np.repeat([100, 1000], 600)
    score = np.repeat([0.0, 1.0], 600)
    held = HeldOut(
        whole=score,
        passage=np.full(1200, -np.inf),
        length=length,
        is_attack=np.full(1200, False),
        fold=np.zeros(1200, dtype=np.int64),
    )
    lines = edge_lines(held, 0.02)
    assert lines[0] == pytest.approx((0.0, 1.0), abs=1e-5)
    assert above_lines(held, lines) == pytest.approx(np.zeros(1200), abs=1e-5)
    assert is_reported(held, 0.02).sum() <= 0.5 * 1200
    assert line((2.0, 1.0), 10**6) == line((2.0, 1.0), 4000)


def test_labelled_lines_are_read(tmp_path):
    path = tmp_path / "labelled.jsonl"
    lines = [
        {"text": "a\u2028b", "label": "injection", "source": "x"},
        {"text": "c", "label": "benign"},
    ]
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in lines) + "\n")
    first, second = read_examples(path)
    assert (first.text, first.is_attack, first.source) == ("a\u2028b", True, "x")
    assert (second.is_attack, second.source) == (False, "labelled.jsonl")


@pytest.mark.parametrize("line", ["[]", "{", '{"text": "a"}', '{"text": "a", "label": "maybe"}'])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "labelled.jsonl"
    path.write_text('{"text": "a", "label": "benign"}\n' + line)
    with pytest.raises(DetectorError, match="line 2"):
        read_examples(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["gone", "binary"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "labelled.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DetectorError, match=r"labelled\.jsonl (cannot be read|is no text)"):
        read_examples(path)
