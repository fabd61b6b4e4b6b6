"""From a model's name to the endpoint that serves it.

``local/…`` is the embedded server, ``openai/…`` whatever ``OPENAI_API_KEY`` and
``OPENAI_BASE_URL`` say, and any other first part an endpoint of ``llmops.toml``. An
``[endpoints.openai]`` there with a base URL takes the built-in one's place; without, it only sets
its limits.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass

from llmops_magics.config.settings import BUILT_IN_ENDPOINT, Settings
from llmops_magics.errors import UnknownModelError

OPENAI_BASE_URL = "https://api.openai.com/v1"
_USER = re.compile(r"(?<=://)[^/@]{0,500}@")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a call goes. The key is kept out of ``repr``, and so out of logs and tracebacks."""

    name: str
    base_url: str
    api_key: str
    model: str  # as the endpoint calls it

    @property
    def where(self) -> str:
        """The name and the address, without what an address may hold of a user or a key."""
        return f"{self.name} ({_USER.sub('', self.base_url.partition('?')[0])})"

    def __repr__(self) -> str:
        return f"Endpoint({self.where!r}, {self.model!r})"


def resolve_endpoint(model: str, settings: Settings) -> Endpoint:
    """Find the endpoint of ``<endpoint>/<model>``; for ``local/…`` start the embedded server.

    Raises ``UnknownModelError`` naming the endpoints there are.
    """
    name, slash, rest = model.partition("/")
    if not slash or not rest:
        raise UnknownModelError(
            f"{model!r} is not a model name.",
            hint="Write endpoint/model, such as local/smollm2-135m or openai/gpt-4.1-mini.",
        )
    if name == "local":
        return _local(rest)
    if name in settings.endpoints and settings.endpoints[name].base_url:
        return _configured(name, rest, settings)
    if name == BUILT_IN_ENDPOINT:
        return _openai(rest)
    raise _unknown(name, settings)


def address_of(model: str, settings: Settings) -> tuple[str, str]:
    """Return the base URL and the model's own name, without asking for a key or starting a server.

    The embedded server, whose port changes, has the address ``local``. Raises
    ``UnknownModelError``.
    """
    name, _, rest = model.partition("/")
    configured = settings.endpoints.get(name)
    if name == "local":
        return name, rest
    if configured is not None and configured.base_url:
        return configured.base_url, rest
    if name == BUILT_IN_ENDPOINT:
        return _openai_base_url(), rest
    raise _unknown(name, settings)


def _unknown(name: str, settings: Settings) -> UnknownModelError:
    names = list(dict.fromkeys(["local", BUILT_IN_ENDPOINT, *settings.endpoints]))
    close = difflib.get_close_matches(name, names, 1)
    return UnknownModelError(
        f"no endpoint is called {name!r}" + (f" (did you mean {close[0]!r}?)." if close else "."),
        hint=f"There are {', '.join(names)}; add others to llmops.toml under [endpoints.NAME].",
    )


def _local(model: str) -> Endpoint:
    from llmops_magics.models.local.server import ensure_running

    address = ensure_running(model)
    return Endpoint(name="local", base_url=address.base_url, api_key=address.api_key, model=model)


def _openai(model: str) -> Endpoint:
    key = os.environ.get("OPENAI_API_KEY", "")
    if not key:
        raise UnknownModelError(
            f"openai/{model} needs a key.",
            hint="Set OPENAI_API_KEY, or use the embedded model local/smollm2-135m.",
        )
    return Endpoint(name=BUILT_IN_ENDPOINT, base_url=_openai_base_url(), api_key=key, model=model)


def _openai_base_url() -> str:
    return os.environ.get("OPENAI_BASE_URL") or OPENAI_BASE_URL


def _configured(name: str, model: str, settings: Settings) -> Endpoint:
    endpoint = settings.endpoints[name]
    variable = endpoint.api_key_env
    key = os.environ.get(variable, "") if variable else "none"
    if not key:
        raise UnknownModelError(
            f"the endpoint {name!r} takes its key from {variable}, which is not set.",
            hint=f"Set {variable} in the environment of this kernel or job.",
        )
    return Endpoint(name=name, base_url=endpoint.base_url, api_key=key, model=model)
