import pytest

from llmops_magics.errors import PromptError
from llmops_magics.prompts import label
from llmops_magics.storage.query import ConnectionReader, reader_of


def test_the_newest_move_counts_and_all_are_kept(store):
    with store.write() as connection:
        for number in (1, 3, 2):
            label.move(connection, name="a", label="production", number=number, actor="ada")
        label.move(connection, name="a", label="mine", number=1, actor="ada", forced=True)
        label.move(connection, name="b", label="x", number=9, actor="ada")
        for reader in (reader_of(connection), ConnectionReader(connection)):
            assert label.labels_of(reader, "a") == {"mine": 1, "production": 2}
            assert label.labels_of(reader, "c") == {}
            assert [m.number for m in label.moves_of(reader, "a", "production")] == [1, 3, 2]
            assert [m.forced for m in label.moves_of(reader, "a")] == [False] * 3 + [True]


def test_labels_at_a_time_are_those_of_the_moves_before(store):
    with store.write() as connection:
        for name, number in (("b", 1), ("a", 1), ("b", 2)):
            label.move(connection, name="p", label=name, number=number, actor="ada")
        moves = label.moves_of(reader_of(connection), "p")
    assert label.labels_at(moves[:2]) == {"a": 1, "b": 1}
    assert list(label.labels_at(moves)) == ["a", "b"]


@pytest.mark.parametrize("name", ["staging", "production"])
def test_a_protected_label_is_a_releases_business(name):
    with pytest.raises(PromptError, match="only a release moves it"):
        label.check_unprotected(name)
