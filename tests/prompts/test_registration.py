import pytest

from llmops_magics.errors import PromptError, PromptReferenceError, PromptSyntaxError
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.registration import make_draft


@pytest.fixture
def nothing():
    return Lookup(version=None)


def test_front_matter_tags_do_not_overwrite_a_value(nothing):
    draft = make_draft("a", "---\ntags: [team, new]\n---\nx", nothing, tags={"k": "v"})
    assert draft.tags_to_add({}) == {"team": "", "new": "", "k": "v"}
    assert draft.tags_to_add({"team": "north", "k": "v"}) == {"new": ""}


@pytest.mark.parametrize("name", ["", "../a", "a/../b", "/etc/passwd", "a/", "A", "a b", "a@1"])
def test_a_name_that_climbs_out_or_cannot_be_is_refused(registry, name):
    for attempt in (registry.register, registry.preview):
        with pytest.raises(PromptReferenceError):
            attempt(name, "x")


def test_a_long_message_is_refused(registry):
    with pytest.raises(PromptError, match="10,001 characters"):
        registry.register("a", "x", message="m" * 10_001)


def test_a_secret_is_refused_wherever_it_is(registry):
    secret = "sk-proj-" + "a1B2" * 10
    for source, options in (
        (secret, {}),
        (f"---\nsample: {{q: {secret}}}\n---\nx", {}),
        ("x", {"message": secret}),
        ("x", {"settings": {"stop": [secret]}}),
    ):
        with pytest.raises(PromptError, match="openai-key"):
            registry.register("a", source, **options)


def test_lines_of_errors_count_from_where_the_user_sees_them(registry):
    with pytest.raises(PromptSyntaxError, match="line 12"):
        registry.register("a", "fine\n{{ broken", first_line=11)


def test_an_option_that_is_none_is_an_error(registry):
    with pytest.raises(TypeError):
        registry.register("a", "x", modle="m")


def test_without_a_workspace_there_are_no_datasets_and_files(registry):
    for source in (
        "---\nexamples: {dataset: cases}\n---\n{{ q }}",
        'Look: {{ image("diagram.png") }}',
    ):
        with pytest.raises(PromptReferenceError, match="through a workspace"):
            registry.register("a", source)


def test_a_start_that_is_not_there_is_named(registry):
    with pytest.raises(PromptReferenceError, match="no prompt 'base'"):
        registry.register("a", "", start="base")
    with pytest.raises(PromptSyntaxError):
        registry.register("a", "")
