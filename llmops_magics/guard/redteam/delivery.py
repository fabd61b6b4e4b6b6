"""How an attack reaches a target: which of its inputs gets the question, which the document.

A target with no input for documents gets them as a user who pastes them into the question would
give them; a conversation that it has no input for goes before the question as a transcript.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llmops_magics.guard.redteam.attack import Attack, Channel
from llmops_magics.record import to_jsonable

NO_DOCUMENT: Final = "No document was found for this question."
_LABELS: Final[Mapping[Channel, str]] = {
    "user": "",
    "document": "",
    "tool_result": "Result of the tool `lookup`:\n",
}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The names of a target's inputs; "" where it has none of the kind.

    ``messages`` is one that takes a whole conversation in OpenAI's form, and stands for all.
    ``fixed`` are the values of the inputs that no attack goes into.
    """

    question: str = "question"
    context: str = ""
    history: str = ""
    messages: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)


def row_of(attack: Attack, inputs: Inputs) -> dict[str, Any]:
    """Return the row of a dataset that sends an attack; attacks of one template are one group."""
    return {
        "id": attack.id,
        **inputs.fixed,
        **_sent(attack, inputs),
        "tags": [attack.family, *attack.risks],
        "metadata": {
            "group": attack.template,
            "family": attack.family,
            "mutator": attack.mutator,
            "goals": to_jsonable(list(attack.goals)),
        },
    }


def _sent(attack: Attack, inputs: Inputs) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    question, document = attack.user, attack.document
    if document:
        document = f"{_LABELS[attack.channel]}{document}"
    if inputs.context:
        sent[inputs.context] = document or NO_DOCUMENT
    elif document:
        question = f"{question}\n\n---\n{document}\n---"
    if inputs.messages:
        sent[inputs.messages] = [
            *to_jsonable(list(attack.history)),
            {"role": "user", "content": question},
        ]
    elif inputs.history:
        sent[inputs.history] = _transcript(attack)
    elif attack.history:
        question = f"{_transcript(attack)}\nUser: {question}"
    if inputs.question:
        sent[inputs.question] = question
    return sent


def _transcript(attack: Attack) -> str:
    return "\n".join(f"{turn.role.capitalize()}: {turn.content}" for turn in attack.history)
