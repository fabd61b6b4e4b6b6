import json
import subprocess
import sys
from dataclasses import replace

import pytest

from llmops_magics.errors import ArtifactError, StoreError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.fallback import FallbackFile
from llmops_magics.prompts.prompt import Prompt
from llmops_magics.prompts.version import Message
from llmops_magics.record import digest_bytes

IMAGE = b"\x89PNG\r\n\x1a\n"
CONTENT = PromptContent(
    messages=(Message(role="user", content="Grüße {{ name }}"),),
    images={"a.png": digest_bytes(IMAGE)},
)
PROMPT = Prompt(
    name="a",
    version=3,
    digest=CONTENT.digest,
    labels=("production",),
    kept=CONTENT,
    source="store",
    is_stale=False,
    kept_images={digest_bytes(IMAGE): IMAGE},
)


@pytest.fixture
def file(tmp_path):
    return FallbackFile(tmp_path / "deep" / "kept.json")


def test_what_was_kept_is_read_again(file, tmp_path):
    assert file.keep("a@production", PROMPT)
    read = file.read("a@production", default_model="m/x", root=tmp_path)
    assert read == replace(
        PROMPT, source="fallback", is_stale=True, default_model="m/x", root=tmp_path
    )


def test_the_same_is_not_written_twice_and_several_stand_side_by_side(file):
    file.keep("a@production", PROMPT)
    before = file.path.stat().st_mtime_ns
    assert not file.keep("a@production", PROMPT)
    assert file.path.stat().st_mtime_ns == before
    assert file.keep("b", replace(PROMPT, name="b"))
    assert file.keep("a@production", replace(PROMPT, labels=()))
    assert (file.read("a@production").labels, file.read("b").ref) == ((), "b@3")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user", "system"),
        ('"number": 3', '"number": 4'),
        ('"production"', '"staging"'),
        ("iVBO", "iVBP"),
        ('"content"', '"kontent"'),
        ("sha256:", "sha256:0"),
    ],
)
def test_an_entry_that_was_changed_is_refused_and_written_anew(file, old, new):
    file.keep("a@1", PROMPT)
    text = file.path.read_text()
    file.path.write_text(text.replace(old, new))
    with pytest.raises(StoreError, match="was changed or damaged"):
        file.read("a@1")
    assert file.keep("a@1", PROMPT)
    assert file.read("a@1").content == CONTENT


@pytest.mark.parametrize(
    "damage", [b"", b'{"kind": "prompt-fallback", "prom', b"[]", b"\xff\x00", b"[" * 100_000, b"{}"]
)
def test_a_file_that_is_damaged_is_refused_and_written_anew(file, damage):
    file.keep("a", PROMPT)
    file.path.write_bytes(damage)
    with pytest.raises(StoreError, match="is damaged"):
        file.read("a")
    file.keep("a", PROMPT)
    assert file.read("a").version == 3


def test_a_file_that_is_not_there_says_so(file):
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        file.read("a")


def test_a_prompt_without_its_image_says_so():
    with pytest.raises(ArtifactError, match="a@3 does not hold the image sha256:00"):
        PROMPT._image("sha256:00")


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from llmops_magics.prompts.fallback import FallbackFile
file, who = FallbackFile(Path(sys.argv[1])), sys.argv[2]
prompt = file.read("a")
for step in range(20):
    file.keep(who, replace(prompt, name=who, version=step + 1))
    file.read(who)
"""


def test_processes_that_write_at_once_lose_nothing(file):
    file.keep("a", PROMPT)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file.path), who])
        for who in ("b", "c", "d")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert [file.read(who).ref for who in ("a", "b", "c", "d")] == ["a@3", "b@20", "c@20", "d@20"]
    assert file.path.stat().st_mode & 0o777 == 0o600
    held = json.loads(file.path.read_text())["prompts"]
    assert sorted(held) == ["a", "b", "c", "d"]
