import json

from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.answers import keep_no_secrets


def record(ballot, *texts):
    lines = [{"kind": "chat", "n": n, "answer": {"text": t}} for n, t in enumerate(texts)]
    content = "".join(json.dumps(line) + "\n" for line in lines) + '{"kind": "ch'
    (ballot / "responses.jsonl").write_text(content)
    (ballot / "evidence.json").write_text(json.dumps({"responses": {"unkept": 1}, "notes": []}))


def test_answers_without_a_secret_stay_as_they_are(tmp_path, result_of):
    record(tmp_path, "Paris", "It is Paris.")
    before = (tmp_path / "responses.jsonl").read_bytes()
    result = result_of()
    assert keep_no_secrets(tmp_path, result) is result
    assert (tmp_path / "responses.jsonl").read_bytes() == before


def test_an_answer_with_a_secret_is_left_out_and_said_to_be(tmp_path, result_of):
    key = "ghp_" + "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW1xY2"
    record(tmp_path, "Paris", f"Use {key}", "Rome")
    result = keep_no_secrets(tmp_path, result_of(evidence={"responses": {"unkept": 1}}))
    content = (tmp_path / "responses.jsonl").read_bytes()
    assert key.encode() not in content
    kept = [json.loads(line)["answer"] for line in content.splitlines()[:3]]
    assert kept == [{"text": "Paris"}, None, {"text": "Rome"}]
    said = result.evidence["responses"]
    assert (said["unkept"], said["is_replayable"]) == (2, False)
    assert said["digest"] == digest_bytes(content)
    evidence = json.loads((tmp_path / "evidence.json").read_bytes())
    assert evidence["responses"] == said
    assert evidence["notes"] == [result.notes[-1]]


def test_a_gate_without_a_record(tmp_path, result_of):
    result = result_of()
    assert keep_no_secrets(tmp_path, result) is result
