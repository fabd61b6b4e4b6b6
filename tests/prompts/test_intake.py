import pytest

from llmops_magics.errors import PromptError, PromptReferenceError
from llmops_magics.prompts.intake import import_path


def test_of_one_prompt_the_newest_is_registered_last_whatever_its_numbers(registry, tmp_path):
    for name, text in {
        "a.prompty": "newest",
        "a@9999999.prompty": "old",
        "a@2.prompty": "2",
    }.items():
        (tmp_path / name).write_text(text)
    import_path(registry, tmp_path)
    assert [v.messages[0].content for v in registry.versions("a")] == ["2", "old", "newest"]


def test_what_is_included_is_registered_first(registry, tmp_path):
    (tmp_path / "a.prompty").write_text('{% include "z" %} A')
    (tmp_path / "z.prompty").write_text("Z")
    assert [file.ref for file in import_path(registry, tmp_path).files] == ["z@1", "a@1"]


def test_what_stays_without_its_include_says_which(registry, tmp_path):
    (tmp_path / "a.prompty").write_text('{% include "nowhere" %} A')
    (tmp_path / "b.prompty").write_text("B")
    with pytest.raises(PromptReferenceError, match=r"a\.prompty: .*nowhere"):
        import_path(registry, tmp_path)
    assert list(registry.names()) == ["b"]  # importing again goes on from there


def test_a_file_that_is_no_prompty_file_is_refused(registry, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("root:x:0:0")
    with pytest.raises(PromptError, match=r"is no \.prompty file"):
        import_path(registry, file)
    assert list(registry.names()) == []


def test_a_name_that_leads_out_is_no_title(registry, tmp_path):
    file = tmp_path / "evil.prompty"
    file.write_text("---\nname: ../../evil\n---\nHi")
    with pytest.raises(PromptError, match="is no prompt name"):
        import_path(registry, file)
