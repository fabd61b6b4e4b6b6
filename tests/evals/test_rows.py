from __future__ import annotations

from decimal import Decimal

import pytest
from reviewed import samples_of

from llmops_magics.errors import ArtifactError
from llmops_magics.evals.rows import file_name, named_rows, read_rows, write_rows


def test_rows_come_back_whole_and_equal_rows_have_one_address(store):
    samples = samples_of(30)
    address = write_rows(iter(samples), store.artifacts)
    assert write_rows(samples, store.artifacts) == address
    read = list(read_rows(store.artifacts.get(address), address))
    assert read == samples
    assert read[0].cost_usd == Decimal("0.0002")
    assert file_name(address) == f"rows-{address[7:]}.jsonl.gz"


def test_a_changed_file_is_refused(store):
    address = write_rows(samples_of(3), store.artifacts)
    content = store.artifacts.get(address)
    with pytest.raises(ArtifactError, match="changed"):
        list(read_rows(content + b"x", address))
    with pytest.raises(ArtifactError, match="no file of a run's rows"):
        list(read_rows(b"plain text"))
    with pytest.raises(ArtifactError):
        list(read_rows(content[:-20]))


def test_the_rows_that_a_notebook_names():
    bundles = [
        {"rows_artifact": "sha256:a"},
        {},
        {"rows_artifact": ""},
        {"rows_artifact": "sha256:a"},
    ]
    assert named_rows(bundles) == ("sha256:a",)
