"""An OpenFeature provider: which version of a prompt to use, as a flag of an application.

A flag's key is a prompt's reference, such as ``support/answer@production``, or its name alone where
the provider is given an environment's label. The evaluation context's targeting key is whose arm is
asked for, and its attributes are what targeting rules look at. Values come from the production
client, so they are remembered, follow a release within about a second, and survive an outage of the
store. (Extra ``openfeature``; https://openfeature.dev/specification/sections/providers, read for
the SDK 0.10.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata

from llmops_magics.errors import LlmopsError, PromptReferenceError
from llmops_magics.prompts.client import PromptClient
from llmops_magics.prompts.prompt import Prompt


class PromptProvider(AbstractProvider):  # type: ignore[misc,unused-ignore]
    """Serves prompts of a store as flags.

    A text is the version's reference (``support/answer@7``), a whole number its number, and an
    object all of it: name, version, digest, model, settings, index and the messages' templates.
    Whether the candidate is served is a boolean. The variant is the arm.
    """

    def __init__(self, client: PromptClient | None = None, *, label: str = "") -> None:
        super().__init__()
        self._client = client or PromptClient()
        self._label = label

    def get_metadata(self) -> Metadata:
        """Return the provider's name."""
        return Metadata(name="llmops_magics")

    def shutdown(self) -> None:
        """Close the client."""
        self._client.close()

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Tell whether whoever asks gets the candidate."""
        return self._resolve(
            flag_key, default_value, evaluation_context, lambda p: p.arm == "candidate"
        )

    def resolve_string_details(
        self,
        flag_key: str,
        default_value: str,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        """Return the version's reference."""
        return self._resolve(flag_key, default_value, evaluation_context, lambda p: p.ref)

    def resolve_integer_details(
        self,
        flag_key: str,
        default_value: int,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        """Return the version's number."""
        return self._resolve(flag_key, default_value, evaluation_context, lambda p: p.version)

    def resolve_float_details(
        self,
        flag_key: str,
        default_value: float,
        evaluation_context: EvaluationContext | None = None,  # noqa: ARG002 -- the interface's
    ) -> FlagResolutionDetails[float]:
        """Return the default: nothing of a prompt is a fraction."""
        return _mismatch(flag_key, default_value)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Return the version with what it is made of."""
        return self._resolve(flag_key, default_value, evaluation_context, _object)

    def _resolve(
        self,
        flag_key: str,
        default: Any,
        context: EvaluationContext | None,
        read: Callable[[Prompt], Any],
    ) -> FlagResolutionDetails[Any]:
        key = context.targeting_key if context else None
        attributes = dict(context.attributes) if context else {}
        reference = f"{flag_key}@{self._label}" if self._label and "@" not in flag_key else flag_key
        try:
            found = self._client.get(reference, key=key, attributes=attributes)
        except PromptReferenceError as error:
            return _failed(default, ErrorCode.FLAG_NOT_FOUND, error)
        except LlmopsError as error:
            return _failed(default, ErrorCode.GENERAL, error)
        return FlagResolutionDetails(
            value=read(found),
            variant=found.arm or None,
            reason=_reason(found),
            flag_metadata=_metadata(found),
        )


def _reason(found: Prompt) -> Reason:
    """Say why it is this one: it was assigned, is the same for all, or may be out of date."""
    if found.is_stale:
        return Reason.STALE
    pointer = found.pointer
    is_split = pointer is not None and (pointer.candidate is not None or pointer.held is not None)
    return Reason.SPLIT if is_split else Reason.STATIC


def _metadata(found: Prompt) -> dict[str, bool | int | float | str]:
    said: dict[str, bool | int | float | str] = {
        "digest": found.digest,
        "environment": found.environment,
        "rollout": found.rollout_id,
        "generation": found.pointer.generation if found.pointer else 0,
    }
    return {name: value for name, value in said.items() if value}


def _object(found: Prompt) -> dict[str, Any]:
    return {
        "name": found.name,
        "version": found.version,
        "digest": found.digest,
        "model": found.kept.model or found.default_model,
        "settings": found.content.settings,
        "index": dict(found.index),
        "messages": [{"role": each.role, "content": each.content} for each in found.kept.messages],
    }


def _failed(default: Any, code: ErrorCode, error: LlmopsError) -> FlagResolutionDetails[Any]:
    return FlagResolutionDetails(
        value=default, reason=Reason.ERROR, error_code=code, error_message=error.message
    )


def _mismatch(flag_key: str, default: Any) -> FlagResolutionDetails[Any]:
    return FlagResolutionDetails(
        value=default,
        reason=Reason.ERROR,
        error_code=ErrorCode.TYPE_MISMATCH,
        error_message=f"{flag_key} is a prompt, which no number with a fraction stands for.",
    )
