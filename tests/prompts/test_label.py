import pytest

from llmops_magics.errors import PromptError
from llmops_magics.prompts import label


def test_the_newest_move_counts_and_all_are_kept(store):
    with store.write() as connection:
        for number in (1, 3, 2):
            label.move(connection, name="a", label="production", number=number, actor="ada")
        label.move(connection, name="b", label="x", number=9, actor="ada")
        assert label.labels_of(connection, "a") == {"production": 2}


@pytest.mark.parametrize("name", ["staging", "production"])
def test_a_protected_label_is_a_releases_business(name):
    with pytest.raises(PromptError, match="only a release moves it"):
        label.check_unprotected(name)
