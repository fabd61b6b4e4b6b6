import pytest

from llmops_magics.errors import PromptReferenceError
from llmops_magics.prompts.reference import Reference, check_label, check_name, parse_reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("support/answer", Reference(name="support/answer")),
        ("a@7", Reference(name="a", number=7)),
        ("a.b_c-1@production", Reference(name="a.b_c-1", label="production")),
        ("a@sha256:ab12cd34", Reference(name="a", digest="sha256:ab12cd34")),
    ],
)
def test_every_form_is_read_and_written(text, expected):
    assert parse_reference(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a@", "nothing stands after"),
        ("a@0", "count from 1"),
        ("a@sha256:ab12", "8 to 64"),
        ("a@sha256:" + "g" * 8, "hexadecimal"),
        ("a@Production", "neither a number"),
        ("a@b@c", "neither a number"),
        ("", "no prompt name"),
        ("../x", "no prompt name"),
        ("a/../x", "no prompt name"),
        ("a..b", "no prompt name"),
        ("/a", "no prompt name"),
        ("a//b", "no prompt name"),
        ("Support", "small letters"),
        ("a\x07", "no prompt name"),
        ("a\nb", "no prompt name"),
        ("a" * 201, "at most 200"),
    ],
)
def test_a_bad_reference_is_refused_with_the_reason(text, message):
    with pytest.raises(PromptReferenceError, match=message):
        parse_reference(text)


@pytest.mark.parametrize("label", ["7", "-a", "a-", "a--b", "A", "", "a_b", "x" * 81, "a\n"])
def test_a_bad_label_is_refused(label):
    with pytest.raises(PromptReferenceError, match="no label"):
        check_label(label)


def test_a_good_name_comes_back():
    assert check_name("a" * 200) == "a" * 200


@pytest.mark.parametrize("label", ["newest", "latest", "sha256", "v7"])
def test_a_label_that_says_which_version_by_itself_is_refused(label):
    with pytest.raises(PromptReferenceError, match="is no label"):
        check_label(label)


def test_a_reference_without_a_name_says_so():
    with pytest.raises(
        PromptReferenceError, match=r"'@2' names no prompt\. Write support/answer@2"
    ):
        parse_reference("@2")
