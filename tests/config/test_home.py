from pathlib import Path

import pytest

from llmops_magics.config.home import expanded
from llmops_magics.datasets.loader import load
from llmops_magics.datasets.writer import write
from llmops_magics.errors import ConfigError, DatasetError, RetrievalError, UsageError
from llmops_magics.models.local.folder import cache_folder, model_folder
from llmops_magics.monitoring.subscription import config_folder
from llmops_magics.retrieval.corpus.source import describe

NOBODY = "~no-such-user/x.csv"


def test_a_tilde_is_a_home_folder():
    assert expanded("~/a") == Path.home() / "a"
    assert expanded(Path("a/~b")) == Path("a/~b")


def test_nobody_has_none():
    with pytest.raises(UsageError, match="'~no-such-user' is nobody's home folder"):
        expanded(NOBODY)


def test_but_a_file_may_be_called_so(folder):
    (folder / "~draft.csv").write_text("q\n1\n")
    assert expanded("~draft.csv") == Path("~draft.csv")


def test_data_and_documents_of_nobody_are_refused(folder):
    with pytest.raises(DatasetError, match="nobody's"):
        load(NOBODY)
    with pytest.raises(DatasetError, match="nobody's"):
        write([], Path(NOBODY))
    with pytest.raises(RetrievalError, match="nobody's"):
        describe(NOBODY)


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("LLMOPS_CACHE_DIR", cache_folder),
        ("LLMOPS_MODEL_DIR", model_folder),
        ("LLMOPS_CONFIG_DIR", config_folder),
    ],
)
def test_so_are_folders_of_ours(monkeypatch, variable, place):
    monkeypatch.setenv(variable, NOBODY)
    with pytest.raises(ConfigError, match="nobody's"):
        place()
