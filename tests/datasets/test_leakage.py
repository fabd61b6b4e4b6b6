from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.leakage import Shown, find_leaks

ROWS = [
    {"id": "a", "question": "How long may I return a parcel that I have opened?", "lang": "en"},
    {"id": "b", "question": "Where can I see the state of my order?", "lang": "en"},
    {"id": "c", "question": "Who pays for the return of a parcel?", "lang": "en"},
]
CASES = dataset_from_rows(ROWS, "d").cases


def told(shown):
    return [(leak.case_id, leak.place, leak.similarity) for leak in find_leaks(CASES, [shown])]


def test_an_example_is_compared_in_the_columns_it_has():
    shown = Shown(
        ref="p@1", examples=({"question": "x"}, {"question": ROWS[1]["question"].upper()})
    )
    assert told(shown) == [("b", "example 2", 1.0)]


def test_a_nearly_equal_example_leaks():
    near = ROWS[0]["question"].replace("opened", "opened already")
    ((case_id, place, similarity),) = told(Shown(ref="p@1", examples=({"question": near},)))
    assert (case_id, place) == ("a", "example 1")
    assert 0.8 <= similarity < 1


def test_an_input_word_for_word_in_a_message_leaks_unless_it_is_short():
    text = f"For example:\n  q: {ROWS[2]['question']}\n a: You. Lang: en"
    assert told(Shown(ref="p@1", examples=(), messages=("Be brief.", text))) == [
        ("c", "message", 1.0)
    ]


def test_the_closest_place_of_each_prompt_is_told():
    question = {"question": ROWS[1]["question"]}
    prompts = [
        Shown(ref="p@1", examples=(question, question | {"lang": "en"})),
        Shown(ref="q@2", examples=(question,)),
        Shown(ref="r@1", examples=({"other": "thing"},)),
    ]
    assert [(x.case_id, x.prompt) for x in find_leaks(CASES, prompts)] == [
        ("b", "p@1"),
        ("b", "q@2"),
    ]
