"""Settings: ``llmops.toml`` in the workspace's folder, then ``LLMOPS_*`` environment variables.

The file never holds a key, only the name of the environment variable that does. Unknown keys are
refused, so that a typing error cannot silently leave a default in force.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from llmops_magics.config.access import AccessSettings, ToolSettings, check_tools
from llmops_magics.config.audit import AuditSettings
from llmops_magics.config.guard import GuardSettings
from llmops_magics.config.location import FILE_NAME
from llmops_magics.config.price import ModelName, PriceTables, check_tables
from llmops_magics.config.release import EnvironmentName, EnvironmentSettings, ReleaseSettings
from llmops_magics.config.routing import ROUTER, RouterSettings, check_routers
from llmops_magics.errors import ConfigError

EMBEDDED_MODEL = "local/smollm2-135m"
HOSTED_MODEL = "openai/gpt-4.1-mini"
BUILT_IN_ENDPOINT = "openai"
MAX_PATTERN_CHARACTERS = 1_000

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.-]*$", max_length=200)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointSettings(_Section):
    """An OpenAI-compatible endpoint: where it is, which variable holds its key, what it allows.

    A limit that is not given is none. ``openai`` needs no ``base_url``: without, it stays the
    built-in endpoint, with the limits that are given here.
    """

    base_url: str = Field(default="", pattern=r"^https?://")
    api_key_env: str = ""
    max_concurrency: int | None = Field(default=None, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)

    @field_validator("base_url")
    @classmethod
    def _without_user(cls, base_url: str) -> str:
        if "@" in base_url.partition("://")[2].partition("/")[0]:
            raise ValueError("it holds a user or a key: name a variable in api_key_env instead")
        return base_url


class ModelSettings(_Section):
    """Which models are meant when none is named, and how calls are made."""

    default: str = ""
    judge: str = ""
    timeout_s: float = Field(default=120.0, gt=0)
    max_retries: int = Field(default=3, ge=0)
    concurrency: int = Field(default=8, ge=1)


class StoreSettings(_Section):
    """Where state lives; empty means ``.llmops/`` beside ``llmops.toml``.

    An address may hold a password, and so is kept out of ``repr``.
    """

    url: str = Field(default="", repr=False)
    artifacts: str = Field(default="", repr=False)


class CacheSettings(_Section):
    """How long answers of models are kept, and how many; the oldest go first.

    ``semantic`` cannot be turned on.
    """

    max_age_days: float = Field(default=90.0, gt=0)
    max_answers: int = Field(default=250_000, ge=1)
    semantic: bool = False

    @field_validator("semantic")
    @classmethod
    def _stays_off(cls, semantic: bool) -> bool:
        if semantic:
            raise ValueError(
                "it cannot be turned on: a question that is near another one may need another "
                "answer (pairs that must differ were found at cosines of 0.815 to 0.994, true "
                "paraphrases at 0.505 to 0.644). `llmops cache measure-semantic PAIRS.jsonl` "
                "measures the false hits of your questions; there is no look-up yet"
            )
        return semantic


def _check_patterns(patterns: dict[str, str]) -> dict[str, str]:
    for name, pattern in patterns.items():
        if len(pattern) > MAX_PATTERN_CHARACTERS:
            raise ValueError(f"{name!r} has more than {MAX_PATTERN_CHARACTERS:,} characters")
        try:
            empty = re.compile(pattern).search("")
        except re.error as error:
            raise ValueError(f"{name!r} is no regular expression: {error}") from None
        if empty:
            raise ValueError(f"{name!r} matches the empty text")
    return patterns


class TraceSettings(_Section):
    """What is kept of calls: no span, spans without text, with secrets and PII masked, or all.

    Spans are masked in any case; ``full`` keeps the answers of an eval as they came. With ``none``
    nothing is stored or sent; the line under a cell is still there. ``redact`` names attributes
    (globs) whose values are left out of spans, ``patterns`` regular expressions that are masked
    beside the built-in ones, as ``[name]``.
    """

    capture: Literal["none", "metadata", "redacted", "full"] = "redacted"
    redact: tuple[str, ...] = ()
    patterns: Annotated[dict[Name, str], AfterValidator(_check_patterns)] = {}

    @property
    def keeps_content(self) -> bool:
        """Whether spans hold messages, arguments and results."""
        return self.capture in ("redacted", "full")


class EvalSettings(_Section):
    """When an eval asks before its first request: above so many US dollars, by its plan."""

    ask_above_usd: float = Field(default=1.0, ge=0)


class GateSettings(_Section):
    """Where executed notebooks are archived, from the workspace's folder, and what gates demand.

    With ``require_calibrated`` a rule on a judge that has no licence is INCONCLUSIVE.
    """

    archive: str = "archive"
    require_calibrated: bool = False


class RetrievalSettings(_Section):
    """How large one document of a corpus may be: what is larger is skipped, and said to be.

    ``embedding_cache_mb`` bounds the file of vectors that were embedded once. ``server`` is the URL
    of a Chroma server that holds the indexes; without, they are in the workspace's folder.
    """

    max_document_mb: int = Field(default=64, ge=1)
    embedding_cache_mb: int = Field(default=2000, ge=1)
    server: str = ""


class MonitorSettings(_Section):
    """Which hosts beside this machine a monitor's webhook may reach without encryption."""

    plain_http_hosts: tuple[str, ...] = ()


class Settings(_Section):
    """Everything ``llmops.toml`` may say; ``environment`` is where this process runs."""

    environment: Name = "dev"
    models: ModelSettings = ModelSettings()
    endpoints: dict[Name, EndpointSettings] = {}
    store: StoreSettings = StoreSettings()
    cache: CacheSettings = CacheSettings()
    trace: TraceSettings = TraceSettings()
    eval: EvalSettings = EvalSettings()
    gate: GateSettings = GateSettings()
    monitor: MonitorSettings = MonitorSettings()
    access: AccessSettings = AccessSettings()
    audit: AuditSettings = AuditSettings()
    environments: dict[EnvironmentName, EnvironmentSettings] = {}
    release: ReleaseSettings = ReleaseSettings()
    tools: dict[ToolName, ToolSettings] = {}
    retrieval: RetrievalSettings = RetrievalSettings()
    guard: GuardSettings = GuardSettings()
    router: dict[Name, RouterSettings] = {}
    prices: Annotated[dict[ModelName, PriceTables], AfterValidator(check_tables)] = {}

    @field_validator("endpoints")
    @classmethod
    def _possible(cls, endpoints: dict[str, EndpointSettings]) -> dict[str, EndpointSettings]:
        if "local" in endpoints:
            raise ValueError("'local' is the embedded server; give the endpoint another name")
        if ROUTER in endpoints:
            raise ValueError("'router' is where [router.NAME] is; give the endpoint another name")
        for name, endpoint in endpoints.items():
            if not endpoint.base_url and (name != BUILT_IN_ENDPOINT or endpoint.api_key_env):
                raise ValueError(f"{name!r} needs a base_url")
        return endpoints

    @property
    def is_guarded(self) -> bool:
        """Whether texts are scanned at the boundaries: there is a section ``[guard]``."""
        return "guard" in self.model_fields_set

    @property
    def default_model(self) -> str:
        """The model of a prompt that names none: OpenAI's with a key, else the embedded one."""
        hosted = HOSTED_MODEL if os.environ.get("OPENAI_API_KEY") else EMBEDDED_MODEL
        return self.models.default or hosted

    @property
    def production_model(self) -> str:
        """The model that a program is told of: a key may reach it by other ways than ours."""
        return self.models.default or HOSTED_MODEL

    @property
    def judge_model(self) -> str:
        """The model that judges."""
        return self.models.judge or self.default_model


ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "LLMOPS_ENVIRONMENT": ("environment",),
    "LLMOPS_STORE": ("store", "url"),
    "LLMOPS_ARTIFACTS": ("store", "artifacts"),
    "LLMOPS_MODEL": ("models", "default"),
    "LLMOPS_JUDGE_MODEL": ("models", "judge"),
    "LLMOPS_CAPTURE": ("trace", "capture"),
    "LLMOPS_ARCHIVE": ("gate", "archive"),
    "LLMOPS_CHROMA": ("retrieval", "server"),
}


def load_settings(root: Path) -> Settings:
    """Read the settings of the workspace at ``root``.

    Raises ``ConfigError`` naming the file or variable, the key, and what it may be.
    """
    path = root / FILE_NAME
    settings = _validated(path)
    fault = check_routers(settings.router, settings.endpoints)
    if fault:
        raise ConfigError(f"{path}: router.{fault.router}: {fault.what}.")
    misnamed = check_tools(settings.tools, settings.access)
    if misnamed:
        raise ConfigError(f"{path}: tools.{misnamed.tool}: {misnamed.what}.")
    return settings


def _validated(path: Path) -> Settings:
    """Return the settings, or raise from where no variable holds what they are: a password."""
    try:
        return Settings.model_validate(_document(path))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        failure = ConfigError(
            f"{_where(path, first['loc'])}: {_fault(first['msg'])}.",
            hint="The README lists every key of llmops.toml and every LLMOPS_* variable.",
        )
    raise failure


def _document(path: Path) -> dict[str, Any]:
    """Return what the file says, and over it the environment."""
    document = _read(path) if path.is_file() else {}
    for variable, place in ENVIRONMENT.items():
        if value := os.environ.get(variable):
            _set(document, place, value)
    return document


def _fault(message: str) -> str:
    """Return what is wrong as it stands behind a key: names and values keep their case."""
    said = message.removeprefix("Value error, ").rstrip(".")
    is_word = said[1:2].islower() or said[1:2] == " "
    return said[:1].lower() + said[1:] if is_word else said


def _set(document: dict[str, Any], place: tuple[str, ...], value: str) -> None:
    *sections, key = place
    table: Any = document
    for section in sections:
        table = table.setdefault(section, {})
    if isinstance(table, dict):  # the validation says so if it is none
        table[key] = value


def _where(path: Path, location: tuple[int | str, ...]) -> str:
    for variable, place in ENVIRONMENT.items():
        if location == place and os.environ.get(variable):
            return variable
    return f"{path}: {'.'.join(str(part) for part in location)}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
