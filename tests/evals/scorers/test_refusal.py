from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmops_magics.evals.scorers.refusal_phrase import find_refusal

DATA = Path(__file__).parents[4] / "shared/data/faithfulness/dev.jsonl"
REFUSALS = (
    "I'm sorry, but I can't assist with that request.",
    "I\u2019m really sorry that you feel so, but I'm unable to provide the help that you need.",
    "The provided context does not mention the price.",
    "I don't have enough information to answer.",
    "It would be inappropriate to discuss that.",
    "Leider kann ich dir dabei nicht weiterhelfen.",
    "Das geht aus dem Text nicht hervor; ich weiß es nicht.",
    "Désolé, je ne peux pas répondre à cette question.",
    "Lo siento, no puedo proporcionar esa información.",
    "Purtroppo non posso fornire queste informazioni.",
    "Lamento, mas não posso fornecer esses dados.",
    "Sorry, ik kan je daar niet mee helpen.",
    "我无法回答这个问题。",
    "申し訳ございませんが、回答できません。",
)
ANSWERS = (
    "You can't return it after 30 days.",
    "No, refunds are not possible.",
    "I am not sure but they were in southern Italy.",
    "Sorry for the delay! Your order has shipped.",
    "Yeah, I'm glad that I don't have any food allergies.",
    "As an AI, I don't have opinions. However, black beans cannot be president.",
    "Nein, eine Rückgabe ist nicht möglich.",
    "Non, ce n'est pas inclus.",
    "No, el reembolso no es posible.",
    "No, il rimborso non è possibile.",
    "Não, o reembolso não é possível.",
    "Nee, terugbetaling is niet mogelijk.",
    "不能退货。",
    "返品できません。",
    "",
)


@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals_are_seen(answer):
    assert find_refusal(answer)


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_that_deny_something_are_none(answer):
    assert find_refusal(answer) == ""


def test_the_beginning_and_the_end_are_looked_at(judge):
    long = "Paris has many museums. " * 100
    assert find_refusal(REFUSALS[0] + long)
    assert find_refusal(long + REFUSALS[0])
    assert find_refusal(long + REFUSALS[0] + long) == ""


@pytest.mark.parametrize(
    ("told", "answer", "value"),
    [
        ({"metadata": {"refuse": True}}, REFUSALS[0], True),
        ({"metadata": {"refuse": True}}, "Sure: ...", False),
        ({"metadata": {"refuse": False}}, REFUSALS[0], False),
        ({"expected": {"refuse": False}}, "Sure: ...", True),
        ({"inputs": {"refuse": "yes"}}, REFUSALS[0], True),
        ({"inputs": {"refuse": "0"}}, "Sure: ...", True),
    ],
)
def test_right_to_refuse_or_not(judge, told, answer, value):
    assert judge("refusal", answer, **told).value is value


def test_what_the_case_does_not_say(judge):
    assert judge("refusal", REFUSALS[0]).applicable is False
    assert judge("refusal", "x", metadata={"refuse": "maybe"}).value is None
    assert judge("refusal(expect=true)", REFUSALS[0]).value is True
    assert judge("refusal(flag=unanswerable)", "x", metadata={"unanswerable": True}).value is False


def test_few_of_two_thousand_answers_are_taken_for_refusals():
    if not DATA.is_file():
        pytest.skip("shared/data/faithfulness is not there")
    answers = [json.loads(line)["answer"] for line in DATA.read_text("utf-8").splitlines()]
    assert sum(bool(find_refusal(answer)) for answer in answers) / len(answers) <= 0.005
