"""A local ONNX classifier: a real, tiny model that calls a text with the word "attack" one."""

from __future__ import annotations

import base64
import json

import pytest

from llmops_magics.errors import DetectorError
from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.classifier import open_detector

pytest.importorskip("onnxruntime")
tokenizers = pytest.importorskip("tokenizers")

# ReduceSum over tokens of Gather(table, input_ids), table: 3 rows (pad 0, word 1, "attack" 2) of
# 2 numbers: [0, 0], [0, 0], [-4, 4]. Written with onnx.helper, opset 13, IR version 8.
MODEL = (
    "CAg6vAEKGQoBdAoJaW5wdXRfaWRzEgFnIgZHYXRoZXIKKgoBZwoBYRIGbG9naXRzIglSZWR1Y2VTdW0qDwoIa2Vl"
    "cGRpbXMYAKABAhIBbSojCAMIAhABQgF0ShgAAAAAAAAAAAAAAAAAAAAAAACAwAAAgEAqEQgBEAdCAWFKCAEAAAAA"
    "AAAAWh0KCWlucHV0X2lkcxIQCg4IBxIKCgMSAWIKAxIBbmIZCgZsb2dpdHMSDwoNCAESCQoDEgFiCgIIAkIECgAQ"
    "DQ=="
)


@pytest.fixture
def folder(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "attack": 2}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "model.onnx").write_bytes(base64.b64decode(MODEL))
    config = {"id2label": {"0": "BENIGN", "1": "INJECTION"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def test_the_label_decides(folder):
    detector = open_detector(str(folder))
    assert not detector.scan("a quiet text", Context())
    (finding,) = detector.scan("this is an attack", Context())
    assert finding.kind == "injection.classifier"
    assert finding.score == pytest.approx(0.9997, abs=1e-4)  # 1 / (1 + e^-8)
    assert finding.severity == "high"


def test_the_window_with_the_attack_is_shown(folder):
    text = "word " * 2000 + "attack " + "word " * 100
    (finding,) = open_detector(str(folder)).scan(text, Context())
    place = text.index("attack")
    assert finding.start <= place < finding.end
    assert finding.end - finding.start < 512 * len("attack ")


def test_what_is_not_read_is_said(folder):
    text = "word " * 60_000
    (finding,) = open_detector(str(folder)).scan(text, Context())
    assert finding.kind == "incomplete"
    assert finding.end == len(text)


def test_an_empty_text_has_no_window(folder):
    assert not open_detector(str(folder)).scan("", Context())


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_missing_or_damaged_file_is_an_error(folder, name):
    (folder / name).write_text("{")
    with pytest.raises(DetectorError):
        open_detector(str(folder))
    (folder / name).unlink()
    with pytest.raises(DetectorError, match=name):
        open_detector(str(folder))


def test_the_version_changes_with_the_files(folder):
    before = open_detector(str(folder)).version
    config = {"id2label": {"0": "safe", "1": "jailbreak"}}
    (folder / "config.json").write_text(json.dumps(config))
    detector = open_detector(str(folder))
    assert detector.version != before
    assert detector.scan("attack", Context())[0].kind == "injection.jailbreak"


def test_a_folder_is_needed():
    with pytest.raises(DetectorError, match="needs the folder"):
        open_detector("")
