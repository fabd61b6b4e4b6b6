"""Names and paths that climb: whatever is named, nothing outside a folder is read or written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llmops_magics.errors import ArtifactError, LlmopsError
from llmops_magics.record import digest_bytes
from llmops_magics.storage.artifact import Artifacts
from llmops_magics.workspace import Workspace

CLIMBING = (
    "../outside", "../../outside", "/tmp/outside", "a/../../outside", "..", ".", "~", "~/outside",
    "a\\..\\..\\outside", "C:\\outside", "\\\\host\\share", "a/./../..", "..%2f..%2foutside",
    "\uff0e\uff0e/outside", "a\x00/../outside", "file:///etc/passwd", "CON", "nul.txt",
    "a:b", " a", "a ", "a\n../x", "-rf", "--help", "$HOME", "`id`", "sha256:../../outside",
    "x" * 300,
)  # fmt: skip
PARTS = st.sampled_from(
    ["..", ".", "/", "\\", "a", "~", "\x00", "%2e", "\uff0e", ":", "@", " ", "é"]
)
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=8).map("".join), st.text(min_size=1, max_size=30)
)
SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def inner(tmp_path):
    """A folder five levels below the one that is watched, with a file to steal on each level."""
    folder = tmp_path / "a" / "b" / "c" / "d" / "work"
    folder.mkdir(parents=True)
    for parent in folder.parents[:5]:
        (parent / "outside").write_text("stolen")
        (parent / "outside.json").write_text('{"stolen": 1}')
    return folder


def around(inner, tmp_path):
    """What lies outside the folder, with its content."""
    files = [path for path in tmp_path.rglob("*") if path.is_file() and inner not in path.parents]
    return {path: path.read_bytes() for path in files}


@pytest.fixture
def workspace(inner):
    opened = Workspace(inner)
    opened.prompts.register("plain", "Nothing.")
    yield opened
    opened.close()


def use(workspace, name):
    """Give a name to everything that takes one; a refusal is as good as a harmless use."""
    ways = (
        lambda: workspace.prompts.register(name, "Text."),
        lambda: workspace.prompts.label("plain@1", name),
        lambda: workspace.prompts.export(name, workspace.root / "out"),
        lambda: workspace.prompts.export(path=workspace.root / "all"),
        lambda: workspace.prompts.get(name),
        lambda: workspace.datasets.add(name, [{"id": name, "x": name}]),
        lambda: workspace.datasets.get(name),
        lambda: workspace.corpora.add(name, [{"id": name, "text": "Text."}]),
        lambda: workspace.corpora.show(name),
        lambda: workspace.monitors.add("calls > 0 over 1h", name=name),
        lambda: workspace.run(name),
        lambda: workspace.traces.show(name),
    )
    found = []
    for way in ways:
        with contextlib.suppress(LlmopsError, ValueError):
            found.append(way())
    return found


@pytest.mark.parametrize("name", CLIMBING)
def test_no_name_leaves_the_workspace(workspace, inner, tmp_path, name):
    before = around(inner, tmp_path)
    found = use(workspace, name)
    assert around(inner, tmp_path) == before
    assert "stolen" not in "".join(map(str, found))


@SLOW
@given(name=NAMES)
def test_nor_does_any_other(workspace, inner, tmp_path, name):
    before = around(inner, tmp_path)
    found = use(workspace, name)
    assert around(inner, tmp_path) == before
    assert "stolen" not in "".join(map(str, found))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(address=NAMES)
@example(address="sha256:../../../outside")
@example(address="../outside:ab")
@example(address="sha256:")
@example(address=":")
def test_an_address_of_an_artifact_is_a_digest_or_refused(inner, address):
    """A digest of another content is missing; one that is there was put there."""
    artifacts = Artifacts(str(inner / "artifacts"))
    kept = artifacts.put(b"ours")
    for ask in (artifacts.get, artifacts.has):
        try:
            found = ask(address)
        except (ArtifactError, OSError):
            continue
        assert found is False or address == kept


@pytest.mark.parametrize(
    "address", ["sha256:²", "sha256:\uff41\uff42", "sha256:ab\n", "sha256:ab/../x"]
)
def test_letters_that_only_look_like_a_digest(inner, address):
    artifacts = Artifacts(str(inner / "artifacts"))
    assert digest_bytes(b"").startswith("sha256:")
    with pytest.raises(ArtifactError):
        artifacts.get(address)


@pytest.mark.parametrize("name", CLIMBING)
def test_an_image_of_a_prompt_stays_below_the_workspace(workspace, name):
    """What a template names is read below the workspace's folder alone."""
    try:
        version = workspace.prompts.register("pictured", "user: {{ '" + name + "' | image }}")
    except LlmopsError:
        return
    with contextlib.suppress(LlmopsError):
        assert "stolen" not in str(workspace.prompts.render(version.ref, {}))


@pytest.mark.parametrize("name", ["../outside", "../../outside.json", "link"])
def test_a_corpus_reads_no_file_but_those_of_its_folder(workspace, inner, name):
    docs = inner / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("Ours.")
    (docs / "link").symlink_to(inner.parent)
    (docs / "link.txt").symlink_to(inner.parent / "outside")
    workspace.corpora.add("docs", docs)
    texts = [each.text for each in workspace.corpora.documents("docs")]
    assert texts == ["Ours."]
