"""What is released together has one digest, in every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.errors import ReleaseError
from llmops_magics.release.approval.bundle import ReleaseBundle

BUNDLE = ReleaseBundle(
    prompt="support/answer",
    number=7,
    prompt_digest="sha256:" + "1" * 64,
    model="m",
    settings_digest="sha256:" + "2" * 64,
    index={"b": "sha256:b", "a": "sha256:a"},
)


def test_it_is_read_as_it_was_written():
    assert ReleaseBundle.from_dict(BUNDLE.to_dict()) == BUNDLE
    assert BUNDLE.ref == "support/answer@7"


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "other"},
        {"prompt_digest": "sha256:" + "3" * 64},
        {"model": "n"},
        {"settings_digest": ""},
        {"index": {"a": "sha256:a"}},
    ],
)
def test_each_part_is_in_the_digest(change):
    assert replace(BUNDLE, **change).digest != BUNDLE.digest


def test_the_number_of_a_store_is_not():
    assert replace(BUNDLE, number=1).digest == BUNDLE.digest


@pytest.mark.parametrize("body", [{}, {"prompt": "x"}, {**BUNDLE.to_dict(), "index": []}])
def test_what_is_no_bundle_is_refused(body):
    with pytest.raises(ReleaseError, match="no bundle of a release"):
        ReleaseBundle.from_dict(body)
