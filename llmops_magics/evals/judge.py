"""Ask a judge: a prompt version like any other, answered as JSON by a schema.

The package's judges are registered at their first use, marked by a tag. A newer text of theirs is
registered in turn where the newest version bears that mark; a version of the user's own is left
alone and goes first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from llmops_magics.errors import BadResponseError, RequestRejectedError
from llmops_magics.evals.calibration.identity import Identity, identity_of
from llmops_magics.evals.scorers.contract import Scorer
from llmops_magics.evals.scorers.fence import code_of
from llmops_magics.evals.scorers.judged import packaged_prompt
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.client import ModelClient
from llmops_magics.prompts.packaged import packaged_version
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.version import PromptVersion

COMPLAINT = "complaint"
# Of a judge whose prompt says nothing else. A model that refuses one of these, or the schema, is
# asked without it; what a prompt says itself is never left out.
DEFAULTS: Mapping[str, Any] = {"temperature": 0, "max_tokens": 1000}
FORMAT = "response_format"
CALLED = {FORMAT: (FORMAT, "json_schema")}  # by whoever refuses it


class Judges:
    """Judges by prompt name, all answered by one model unless their prompt names another."""

    def __init__(self, prompts: PromptRegistry, client: ModelClient, model: str) -> None:
        self._prompts = prompts
        self._client = client
        self._model = model
        self._versions: dict[str, PromptVersion] = {}
        self._refused: dict[str, set[str]] = {}  # by model
        self._resolved: dict[str, dict[str, None]] = {}  # by prompt: which models answered

    async def ask(
        self, name: str, variables: dict[str, Any], schema: dict[str, Any], *, repeat: int = 0
    ) -> dict[str, Any]:
        """Render a judge's prompt and return its JSON answer, an object as ``schema`` wants it.

        The variable ``complaint`` says what was wrong with the last answer; it is added to the
        last message where the prompt does not read it. Raises ``BadResponseError`` for an answer
        that is no JSON or not by the schema, in words of ours alone, ``ModelError`` for none.
        """
        version = self.version(name)
        request = ChatRequest(
            model=self._model_of(version),
            messages=_messages(version, variables),
            settings=self._settings(version, schema),
            prompt_ref=version.ref,
            purpose="judge",
            repeat=repeat,
        )
        response = await self._chat(request, version)
        self._resolved.setdefault(name, {})[response.model] = None
        return _checked(_read(response.text), schema)

    def identity(self, scorer: Scorer) -> Identity:
        """Return who judges when this scorer does; a packaged prompt is registered if need be.

        Raises ``PromptReferenceError`` for a judge's prompt that is not there.
        """
        prompt = getattr(scorer, "prompt", "")
        if not prompt:
            model = self._model if "judge" in scorer.needs else ""
            return identity_of(scorer.digest, model=model)
        version = self.version(prompt)
        return identity_of(
            scorer.digest,
            prompt=version.ref,
            prompt_digest=version.digest,
            model=self._model_of(version),
        )

    def identities(self, scorers: Iterable[Scorer]) -> dict[str, Identity]:
        """Return who judges, by the names of those scorers that need a judge."""
        return {s.name: self.identity(s) for s in scorers if "judge" in s.needs}

    def prepare(self, scorers: Iterable[Scorer]) -> None:
        """Load what judging takes, so that no answer waits for it on the loop."""
        if self.identities(scorers):
            import jsonschema  # noqa: F401

    def resolved_models(self, scorer: Scorer) -> tuple[str, ...]:
        """Return which models the endpoint says have judged for this scorer so far."""
        return tuple(self._resolved.get(getattr(scorer, "prompt", ""), ()))

    def version(self, name: str) -> PromptVersion:
        """Return the version that judges under a name, looked up once."""
        if name not in self._versions:
            self._versions[name] = self._find(name)
        return self._versions[name]

    def _find(self, name: str) -> PromptVersion:
        source = packaged_prompt(name)
        if source is None:
            return self._prompts.get(name)
        message = "the judge that comes with the package"
        return packaged_version(self._prompts, name, source, message=message)

    def _model_of(self, version: PromptVersion) -> str:
        return version.model or self._model

    def _settings(self, version: PromptVersion, schema: dict[str, Any]) -> dict[str, Any]:
        settings = {**DEFAULTS, FORMAT: _by_schema(schema), **version.settings}
        if "max_completion_tokens" in version.settings:
            del settings["max_tokens"]
        return settings

    async def _chat(self, request: ChatRequest, version: PromptVersion) -> Any:
        """Call the model; what it refuses of our defaults is left out, from then on."""
        droppable = {*DEFAULTS, FORMAT} - version.settings.keys()
        refused = self._refused.setdefault(request.model, set())
        while True:
            settings = {k: v for k, v in request.settings.items() if k not in refused & droppable}
            try:
                return await self._client.chat(replace(request, settings=settings))
            except RequestRejectedError as error:
                named = {n for n in droppable & settings.keys() if _names(n, error.message)}
                if not named:
                    raise
                refused |= named


def _messages(version: PromptVersion, variables: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    messages = list(render_prompt(version, variables, strict=False))
    complaint = variables.get(COMPLAINT)
    if not complaint or COMPLAINT in version.variables:
        return tuple(messages)
    said = f"Your last reply could not be used: {complaint} Reply with the JSON object only."
    last = messages[-1]
    if last["role"] == "user" and isinstance(last["content"], str):
        messages[-1] = {**last, "content": f"{last['content']}\n\n{said}"}
    else:
        messages.append({"role": "user", "content": said})
    return tuple(messages)


def _names(setting: str, refusal: str) -> bool:
    return any(word in refusal for word in CALLED.get(setting, (setting,)))


def _read(text: str) -> Any:
    """Read the answer's JSON, which a model may have put in a fence."""
    try:
        return json.loads(code_of(text)[0], object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BadResponseError("It was not JSON.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _checked(answer: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Check an answer; what the complaint says holds nothing of the answer's own words."""
    from jsonschema import Draft202012Validator

    if not isinstance(answer, dict):
        raise BadResponseError("It was not a JSON object.")
    error = next(Draft202012Validator(schema).iter_errors(answer), None)
    if error is None:
        return answer
    known = [
        str(p)
        for p in error.absolute_path
        if isinstance(p, int) or p in schema.get("properties", ())
    ]
    where = ".".join(known) or "the object"
    if error.validator == "required":
        lacking = [name for name in schema.get("required", ()) if name not in answer]
        raise BadResponseError(f"It lacked {', '.join(lacking)}.")
    if error.validator == "additionalProperties":
        raise BadResponseError(f"It had more in {where} than was asked for.")
    wanted = json.dumps(error.validator_value)
    raise BadResponseError(f"In it, {where} was not of {error.validator} {wanted}.")


def _by_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "schema": schema, "strict": True},
    }
