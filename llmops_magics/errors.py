"""Every error this package raises on purpose, in one tree.

An error says what was wrong, with which value, and what to do about it, in one line. It becomes
an IPython ``UsageError`` only in ``magics``, and an exit code only in ``cli``::

    LlmopsError
    ├── UsageError                an argument or option that cannot be meant
    ├── ConfigError               llmops.toml or an LLMOPS_* variable is wrong
    ├── StoreError                the workspace's database or artifacts
    │   ├── StoreVersionError     written by a newer llmops_magics
    │   └── ArtifactError         missing, or its content is not its digest
    ├── AuditError                the trail or an archive does not verify
    │   ├── DossierError          a dossier is no dossier, or not as it was sealed
    │   └── SigningError          no key, one that is not known, or a signature that is wrong
    ├── PromptError
    │   ├── PromptSyntaxError     front matter, roles or Jinja that do not parse
    │   ├── PromptReferenceError  no such prompt, version or label
    │   └── RenderError           a variable is missing, or a limit was reached
    │       └── SandboxError      the template tried to leave the sandbox
    ├── DatasetError              a file, column or case that cannot be used
    ├── ModelError                a call that gave no answer
    │   ├── UnknownModelError     no endpoint is configured under that name
    │   ├── EndpointError         refused, unreachable or broken off
    │   ├── ModelTimeoutError
    │   ├── RateLimitError
    │   ├── RequestRejectedError  the endpoint answered 4xx
    │   ├── BadResponseError      an answer that is no chat completion
    │   ├── ReplayMissError       no stored answer, and none may be asked for
    │   └── WeightsError          the embedded model's files
    ├── CostCapError              the next call could pass the spending limit
    │   └── BudgetExceededError   … that of a budget of the workspace
    ├── ScorerError               unknown, or lacks what it needs
    ├── RetrievalError            a corpus or an index
    ├── GuardError                a check at a boundary
    │   ├── DetectorError         unknown, cannot be loaded, or failed
    │   ├── BlockedError          a policy refuses a text
    │   │   └── AnswerBlockedError  … that a model has answered, and is paid for
    │   └── AccessDeniedError     a policy refuses an action, or none permits it
    ├── GateError
    │   ├── GateUsageError        the notebook or its parameters are refused (exit code 2)
    │   └── GateRunError          the gate could not run (exit code 4)
    └── ReleaseError              a release, a rollout or an approval that cannot be
        ├── EvidenceError         what the environment asks for is not there (exit code 1)
        ├── ApprovalError         nobody may approve this so
        └── ReleaseConflictError  somebody else released meanwhile
"""

from __future__ import annotations


class LlmopsError(Exception):
    """The root of the tree: a message, and what to do about it.

    ``hint`` is a whole sentence that stands after the message wherever the error is shown.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class UsageError(LlmopsError):
    """An argument or option that cannot be meant."""


class ConfigError(LlmopsError):
    """``llmops.toml`` or an ``LLMOPS_*`` variable is wrong."""


class StoreError(LlmopsError):
    """The workspace's database or artifacts cannot be used."""


class StoreVersionError(StoreError):
    """The workspace was written by a newer llmops_magics."""


class ArtifactError(StoreError):
    """An artifact is missing, or its content is not what its digest says."""


class AuditError(LlmopsError):
    """The audit trail or an archive does not verify."""


class DossierError(AuditError):
    """A folder is no dossier, or is not as it was sealed."""


class SigningError(AuditError):
    """There is no key to sign with, a key is not known, or a signature is wrong."""


class PromptError(LlmopsError):
    """A prompt cannot be used as written."""


class PromptSyntaxError(PromptError):
    """Front matter, role lines or Jinja that do not parse."""


class PromptReferenceError(PromptError):
    """No such prompt, version or label."""


class RenderError(PromptError):
    """A template could not be rendered with these variables."""


class SandboxError(RenderError):
    """A template tried to leave the sandbox."""


class DatasetError(LlmopsError):
    """A file, column or case that cannot be used."""


class ModelError(LlmopsError):
    """A model call gave no answer.

    ``is_transient`` says that the same call may succeed later, ``retry_after_s`` when the endpoint
    wants to be asked again, if it says so. ``may_be_billed`` says that the endpoint may have
    answered all the same. ``tries`` counts how often it was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        is_transient: bool = False,
        retry_after_s: float | None = None,
        may_be_billed: bool = False,
        tries: int = 1,
    ) -> None:
        super().__init__(message, hint=hint)
        self.is_transient = is_transient
        self.retry_after_s = retry_after_s
        self.may_be_billed = may_be_billed
        self.tries = tries


class UnknownModelError(ModelError):
    """No endpoint is configured under that name."""


class EndpointError(ModelError):
    """The endpoint refused the connection, cannot be reached, or broke off."""


class ModelTimeoutError(ModelError):
    """The endpoint did not answer in time."""


class RateLimitError(ModelError):
    """The endpoint answered 429 more often than the retries allow."""


class RequestRejectedError(ModelError):
    """The endpoint answered with a client error: the request itself is wrong."""


class BadResponseError(ModelError):
    """The endpoint answered with something that is no chat completion."""


class ReplayMissError(ModelError):
    """No stored answer matches a call that may only be answered from the store."""


class WeightsError(ModelError):
    """The embedded model's files are missing, damaged, or cannot be fetched."""


class CostCapError(LlmopsError):
    """The next call could pass the spending limit, or nobody can say that it does not."""


class BudgetExceededError(CostCapError):
    """The next call could pass a budget, or nobody can say that it does not.

    ``budget`` is its name, ``limit_usd`` its size and ``left_usd`` what is neither spent nor held
    of it, ``needed_usd`` what the call may cost (None: unknown), as decimal text. ``renews_at`` is
    when its next window begins (RFC 3339, UTC), "" for a budget that never renews.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        budget: str = "",
        limit_usd: str = "",
        left_usd: str = "",
        needed_usd: str | None = None,
        renews_at: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.budget = budget
        self.limit_usd = limit_usd
        self.left_usd = left_usd
        self.needed_usd = needed_usd
        self.renews_at = renews_at


class ScorerError(LlmopsError):
    """A scorer is unknown, or lacks what it needs."""


class RetrievalError(LlmopsError):
    """A corpus or an index cannot be used."""


class GuardError(LlmopsError):
    """A check at a boundary refused something, or could not be made."""


class DetectorError(GuardError):
    """A detector is unknown, cannot be loaded, or failed: nobody looked, so nobody may pass."""


class BlockedError(GuardError):
    """A policy refuses a text at a boundary.

    ``boundary`` is where, ``policy`` the name of the policy, ``kinds`` what was found.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        boundary: str = "",
        policy: str = "",
        kinds: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.boundary = boundary
        self.policy = policy
        self.kinds = kinds


class AnswerBlockedError(BlockedError):
    """A policy refuses what a model answered: the call was made, and costs what it costs."""


class AccessDeniedError(GuardError):
    """A principal may not do something; ``policies`` are the ids that decided, none by default.

    ``decision`` is the record that says so, where there is one.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        policies: tuple[str, ...] = (),
        decision: object = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.policies = policies
        self.decision = decision


class GateError(LlmopsError):
    """A release gate."""


class GateUsageError(GateError):
    """The notebook or its parameters are refused before anything runs."""


class GateRunError(GateError):
    """The gate could not run to its end."""


class ReleaseError(LlmopsError):
    """A release, a rollout or an approval that cannot be."""


class EvidenceError(ReleaseError):
    """An environment's policy asks for what is not there; ``missing`` says it, a line each."""

    def __init__(self, message: str, *, hint: str = "", missing: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.missing = missing


class ApprovalError(ReleaseError):
    """An approval that cannot be: by the author, without a known key, of what is not shown."""


class ReleaseConflictError(ReleaseError):
    """Somebody else changed what is released meanwhile: nothing was written."""
