from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.diff import diff

OLD = dataset_from_rows(
    [
        {"id": "a", "q": "one", "expected": "1"},
        {"id": "b", "q": "two", "tags": ["x"]},
        {"id": "c", "q": "mail ada@example.org"},
    ],
    "d",
)
NEW = dataset_from_rows(
    [
        {"id": "a", "q": "one", "expected": 1},
        {"id": "b2", "q": "two", "tags": ["x"]},
        {"id": "c", "q": "mail bob@example.org", "k": None},
    ],
    "d",
)


def test_cases_are_matched_by_id_and_told_field_by_field():
    told = diff(OLD, NEW)
    assert (told.added, told.removed, told.renamed) == (("b2",), ("b",), (("b", "b2"),))
    assert (told.unchanged, told.added_columns, told.removed_columns) == (0, ("k",), ())
    expected, *mail = [field for case in told.changed for field in case.fields]
    assert (expected.field, expected.before, expected.after) == ("expected", "1", 1)
    assert [(f.field, f.was_there, f.is_there) for f in mail] == [("q", 1, 1), ("k", 0, 1)]
    assert (mail[0].before, mail[0].after) == ("mail [email]", "mail [email]")


def test_values_stand_as_they_are_where_nothing_is_masked():
    last = diff(OLD, NEW, redacted=False).changed[-1].fields[0]
    assert (last.before, last.after) == ("mail ada@example.org", "mail bob@example.org")


def test_the_same_cases_in_another_order_are_told():
    turned = dataset_from_rows([{"id": "b"}, {"id": "a"}], "d")
    told = diff(dataset_from_rows([{"id": "a"}, {"id": "b"}], "d"), turned)
    assert (told.is_reordered, told.changed, told.is_same) == (True, (), False)
    assert diff(turned, turned).is_same
