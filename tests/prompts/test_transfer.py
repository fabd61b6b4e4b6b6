import os
from pathlib import Path

import pytest

from llmops_magics.errors import LlmopsError, PromptError, PromptReferenceError, PromptSyntaxError
from llmops_magics.prompts.image import read_image
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.transfer import export_all, export_prompt, import_path
from llmops_magics.storage.store import Store

PNG = b"\x89PNG\r\n\x1a\n"


def make_registry(folder):
    """A registry whose store and image files are in ``folder``."""
    folder.mkdir(exist_ok=True)
    store = Store.open(f"sqlite:///{folder / 'llmops.db'}")

    def get(reference):
        return registry.get(reference)

    references = Lookup(
        version=get,
        image=lambda path: store.artifacts.put(read_image(path, folder)),
    )
    registry = PromptRegistry(store, actor=lambda: "ada", references=references)
    return registry


@pytest.fixture
def here(tmp_path):
    return make_registry(tmp_path / "here")


@pytest.fixture
def there(tmp_path):
    return make_registry(tmp_path / "there")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def tree(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def contents(registry):
    return {name: registry.get(name).digest for name in registry.names()}


def test_a_prompt_goes_to_a_file_and_comes_back(here, there, out):
    version = here.register("support/answer", "---\ntags: [x]\n---\nHello {{ name }}")
    sent = export_prompt(here, "support/answer", out)
    assert (sent.action, [f.ref for f in sent.files]) == ("export", ["support/answer@1"])
    assert Path(sent.files[0].path) == out / "support" / "answer.prompty"
    got = import_path(there, out)
    assert [(f.ref, f.digest, f.is_new) for f in got.files] == [
        ("support/answer@1", version.digest, True)
    ]
    assert there.get("support/answer").tags == {"x": ""}
    assert [f.is_new for f in import_path(there, out).files] == [False]


def test_a_file_may_have_a_place_and_a_name_of_its_own(here, there, out):
    here.register("a", "one")
    file = out / "deep" / "Some File.prompty"
    export_prompt(here, "a", file)
    assert import_path(there, file, name="b/c").files[0].ref == "b/c@1"
    with pytest.raises(PromptError, match="is a folder"):
        import_path(there, out, name="b")


def test_what_is_included_goes_along_in_the_version_that_is_included(here, there, out):
    here.register("policy", "Old {{ x }}")
    here.register("a", '{% include "policy" %} A')
    here.register("policy", "New {{ x }}")
    here.register("b", '{% include "policy" %} B {% include "policy@1" %}')
    sent = export_all(here, out)
    assert tree(out) == ["a.prompty", "b.prompty", "policy.prompty", "policy@1.prompty"]
    assert [f.ref for f in sent.files] == ["a@1", "b@1", "policy@1", "policy@2"]
    import_path(there, out)
    assert contents(there) == contents(here)
    assert import_path(there, out).files[0].is_new is False
    assert len(there.versions("policy")) == 2
    export_prompt(here, "a", out / "alone", with_dependencies=False)
    assert tree(out / "alone") == ["a.prompty"]


def test_names_that_include_one_another_in_turn_are_no_cycle(here, there, out):
    here.register("a", "a1")
    here.register("b", '{% include "a" %} b1')
    here.register("c", '{% include "b" %} c')
    here.register("b", "b2")
    here.register("a", '{% include "b" %} a2')
    export_all(here, out)
    import_path(there, out)
    assert contents(there) == contents(here)


def test_images_go_along(here, there, out, tmp_path):
    folder = tmp_path / "here" / "img"
    folder.mkdir()
    (folder / "plan.png").write_bytes(PNG)
    here.register("x/a", '{{ image("img/plan.png") }} {{ q }}')
    (folder / "plan.png").write_bytes(PNG + b"other")
    here.register("x/b", '{{ image("img/plan.png") }} {{ q }}')
    export_all(here, out)
    assert tree(out) == ["x/a.prompty", "x/b~/b.prompty", "x/b~/img/plan.png", "x/img/plan.png"]
    import_path(there, out)
    assert contents(there) == contents(here)


def test_nothing_in_the_way_is_overwritten_unasked(here, out):
    here.register("a", "one")
    export_prompt(here, "a", out)
    export_prompt(here, "a", out)  # the same is not in the way
    here.register("a", "two")
    with pytest.raises(PromptError, match="Say --overwrite"):
        export_prompt(here, "a", out)
    assert "one" in (out / "a.prompty").read_text()
    export_prompt(here, "a", out, overwrite=True)
    assert "two" in (out / "a.prompty").read_text()
    assert tree(out) == ["a.prompty"]


def test_a_file_of_another_kind_is_never_overwritten(here, out, tmp_path):
    (tmp_path / "here" / "p.png").write_bytes(PNG)
    here.register("a", '{{ image("p.png") }}')
    out.mkdir()
    (out / "p.png").write_bytes(b"mine")
    with pytest.raises(PromptError, match=r"not a \.prompty file"):
        export_prompt(here, "a", out, overwrite=True)
    assert tree(out) == ["p.png"]


def test_an_export_does_not_follow_links(here, out, tmp_path):
    here.register("sub/a", "one")
    out.mkdir()
    (out / "sub").symlink_to(tmp_path)
    with pytest.raises(PromptError, match="lies outside"):
        export_all(here, out)
    (out / "sub").unlink()
    (out / "sub").mkdir()
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    (out / "sub" / "a.prompty").symlink_to(kept)
    export_all(here, out, overwrite=True)
    assert kept.read_text() == "kept"
    assert not (out / "sub" / "a.prompty").is_symlink()


def test_a_title_of_another_tool_is_no_name(there, out):
    (out / "basic").mkdir(parents=True)
    (out / "basic" / "hello.prompty").write_text("---\nname: Basic Prompt\n---\nhi")
    assert import_path(there, out).files[0].ref == "basic/hello@1"


def test_hidden_folders_and_other_files_are_left_alone(there, out):
    for name in (".git/a.prompty", ".b.prompty", "c.txt", "d.prompty"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("hi")
    assert [f.ref for f in import_path(there, out).files] == ["d@1"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * 10_000_000, "over 1,048,576 bytes"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "no text in UTF-8"),
        (b"hi\x00there", "control character"),
        (b"---\nname: !!python/object/apply:os.system [ls]\n---\nhi", "YAML tag"),
        (b"---\na: &a [x]\nb: [*a, *a]\n---\nhi", "anchor or alias"),
        (b"---\nname: half\nmodel: m/x\nhi", "has no end"),
        (b"", "empty"),
        (b"---\nname: a\n---\nuser:\nhi {{ half", "line 5"),
        (b'{% include "b" %}', "no prompt 'b'"),
        (b'{{ image("../secret.png") }}', "outside|not there"),
    ],
)
def test_a_bad_file_is_named_and_nothing_is_registered(there, out, content, message):
    out.mkdir()
    (out / "bad.prompty").write_bytes(content)
    with pytest.raises(LlmopsError, match=message) as raised:
        import_path(there, out)
    assert "bad.prompty" in str(raised.value)
    assert list(there.names()) == []


def test_one_broken_file_keeps_the_others_out(there, out):
    out.mkdir()
    (out / "a.prompty").write_text("fine")
    (out / "b.prompty").write_text("{{ broken")
    with pytest.raises(PromptSyntaxError, match=r"b\.prompty"):
        import_path(there, out)
    assert list(there.names()) == []


def test_an_image_outside_the_files_folder_is_not_read(there, out, tmp_path):
    out.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (out / "link.png").symlink_to(tmp_path / "secret.png")
    for source in ("../secret.png", "link.png"):
        (out / "a.prompty").write_text(f'{{{{ image("{source}") }}}}')
        with pytest.raises(LlmopsError, match="outside"):
            import_path(there, out)


def test_links_that_lead_out_or_nowhere_are_refused(there, out, tmp_path):
    out.mkdir()
    (tmp_path / "outside.prompty").write_text("hi")
    (out / "loops").symlink_to(out)
    with pytest.raises(PromptError, match=r"There is no \.prompty file"):
        import_path(there, out)
    for target, message in {
        tmp_path / "outside.prompty": "leads out",
        out / "a.prompty": "leads nowhere",
    }.items():
        (out / "a.prompty").symlink_to(target)
        with pytest.raises(PromptError, match=message):
            import_path(there, out)
        (out / "a.prompty").unlink()


def test_a_pipe_does_not_hang_an_import(there, out):
    out.mkdir()
    os.mkfifo(out / "a.prompty")
    with pytest.raises(PromptError, match="no regular file"):
        import_path(there, out)


def test_two_files_of_one_name_are_refused(there, out):
    out.mkdir()
    for name in ("a", "b"):
        (out / f"{name}.prompty").write_text("---\nname: x/y\n---\nhi " + name)
    with pytest.raises(PromptError, match="are both the prompt 'x/y'"):
        import_path(there, out)


def test_a_path_that_is_not_there_says_so(there, out):
    with pytest.raises(PromptError, match="No such file"):
        import_path(there, out / "a.prompty")
    with pytest.raises(PromptReferenceError, match="no prompt"):
        export_prompt(there, "a", out)
