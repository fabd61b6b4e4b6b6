import time

import pytest

from llmops_magics.errors import PromptError


def found(registry, text, **options):
    hits = registry.search(text, **options).hits
    return [(h.name, h.number, h.field, h.line, h.excerpt) for h in hits]


def test_every_field_is_searched_in_any_case(registry):
    source = "---\ndescription: About refunds\n---\nuser:\nGrüße an {{ Kunde }}"
    registry.register("support/answer", source, message="Say hello", tags={"team": "Nord"})
    expected = {
        "SUPPORT/": ("name", 0, "support/answer"),
        "hello": ("message", 0, "Say hello"),
        "about REF": ("source", 2, "description: About refunds"),
        "GRÜSSE".replace("SS", "ß"): ("source", 5, "Grüße an {{ Kunde }}"),
        "{{ kunde": ("source", 5, "Grüße an {{ Kunde }}"),
        "team=nord": ("tag", 0, "team=Nord"),
    }
    for text, hit in expected.items():
        assert found(registry, text) == [("support/answer", 1, *hit)]


@pytest.mark.parametrize("text", ["%", "_", "a%b", "\\", "'", '"', "*", ".", "[", "--", "\x00"])
def test_no_character_has_a_meaning(registry, text):
    registry.register("some", "plain words")
    assert found(registry, text) == []
    if text != "\x00":
        registry.register("other", f"before {{% raw %}}{text}{{% endraw %}} after")
        assert [hit[0] for hit in found(registry, text)] == ["other"]


def test_old_versions_are_searched_when_asked_for_or_labelled(registry):
    for text in ("needle one", "needle two", "none"):
        registry.register("a", text)
    assert found(registry, "needle") == []
    registry.label("a@1", "mine")
    assert [hit[1] for hit in found(registry, "needle")] == [1]
    assert [hit[1] for hit in found(registry, "needle", all_versions=True)] == [2, 1]
    assert registry.search("needle").hits[0].labels == ("mine",)


def test_a_long_line_is_cut_around_the_text(registry):
    registry.register("a", "x" * 500 + " needle " + "y" * 500)
    ((*_, excerpt),) = found(registry, "needle")
    assert "x needle y" in excerpt
    assert len(excerpt) < 150
    assert (excerpt[0], excerpt[-1]) == ("…", "…")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 201, "x" * 10_000_000])
def test_a_text_that_is_none_or_too_long_is_refused_at_once(registry, text):
    registry.register("a", "x")
    started = time.process_time()
    with pytest.raises(PromptError, match=r"nothing to search|at most 200"):
        registry.search(text)
    assert time.process_time() - started < 10


def test_a_text_made_to_be_slow_is_not(registry):
    registry.register("a", ("a" * 199 + "\n") * 2000)
    started = time.process_time()
    assert found(registry, "a" * 199 + "b") == []
    assert time.process_time() - started < 10


def test_archived_prompts_are_left_out(registry):
    registry.register("a", "needle")
    registry.archive("a")
    assert found(registry, "needle") == []
