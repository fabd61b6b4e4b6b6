"""Ask a judge: a prompt version like any other, answered as JSON by a schema."""

from __future__ import annotations

import json
from typing import Any

from llmops_magics.errors import BadResponseError, PromptReferenceError
from llmops_magics.evals.scorers import faithfulness
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.client import ModelClient
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.version import PromptVersion

BUILT_IN = {faithfulness.PROMPT: faithfulness.prompt_source}


class Judges:
    """Judges by prompt name, all answered by one model."""

    def __init__(self, prompts: PromptRegistry, client: ModelClient, model: str) -> None:
        self._prompts = prompts
        self._client = client
        self._model = model
        self._versions: dict[str, PromptVersion] = {}

    async def ask(self, name: str, variables: dict[str, Any], schema: dict[str, Any]) -> Any:
        """Render a judge's prompt and return its JSON answer.

        Raises ``BadResponseError`` for an answer that is no JSON, ``ModelError`` for none.
        """
        version = self._version(name)
        response = await self._client.chat(
            ChatRequest(
                model=version.model or self._model,
                messages=tuple(render_prompt(version, variables, strict=False)),
                settings={**version.settings, "response_format": _by_schema(schema)},
                prompt_ref=version.ref,
                purpose="judge",
            )
        )
        try:
            return json.loads(response.text)
        except json.JSONDecodeError as error:
            raise BadResponseError(f"It was not JSON ({error}).") from error

    def _version(self, name: str) -> PromptVersion:
        """Return the newest version; a judge of the package is registered at its first use."""
        if name not in self._versions:
            try:
                self._versions[name] = self._prompts.get(name)
            except PromptReferenceError:
                if name not in BUILT_IN:
                    raise
                self._versions[name] = self._prompts.register(name, BUILT_IN[name]())
        return self._versions[name]


def _by_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "schema": schema, "strict": True},
    }
