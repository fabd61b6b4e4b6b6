from __future__ import annotations

from llmops_magics.models.chat import ChatRequest, repeating


def test_a_call_takes_its_number_from_the_block_it_is_made_in():
    numbers = [ChatRequest(model="m/m", messages=()).repeat]
    with repeating(3):
        numbers += [ChatRequest(model="m/m", messages=(), repeat=r).repeat for r in (0, 5)]
        numbers.append(ChatRequest(model="m/m", messages=()).repeat)
    numbers.append(ChatRequest(model="m/m", messages=()).repeat)
    assert numbers == [0, 0, 5, 3, 0]
