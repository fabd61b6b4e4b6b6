from __future__ import annotations

import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.errors import UnknownModelError
from llmops_magics.models.endpoint import Endpoint, address_of, resolve_endpoint

SETTINGS = Settings.model_validate(
    {
        "endpoints": {
            "mine": {"base_url": "http://127.0.0.1:1/v1", "api_key_env": "MINE_KEY"},
            "free": {"base_url": "http://127.0.0.1:2/v1"},
        }
    }
)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MINE_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("model", ["", "gpt", "openai/", "/gpt-4.1"])
def test_what_is_no_model_name_is_refused(model):
    with pytest.raises(UnknownModelError):
        resolve_endpoint(model, SETTINGS)


def test_an_unknown_endpoint_names_those_there_are():
    with pytest.raises(UnknownModelError) as failure:
        resolve_endpoint("mnie/gpt", SETTINGS)
    assert "did you mean 'mine'?" in failure.value.message
    assert "local, openai, mine, free" in failure.value.hint


def test_openai_needs_its_key():
    with pytest.raises(UnknownModelError, match="Set OPENAI_API_KEY"):
        resolve_endpoint("openai/gpt-4.1", SETTINGS)


def test_openai_takes_key_and_address_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert resolve_endpoint("openai/gpt", SETTINGS).base_url == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:3/v1")
    endpoint = resolve_endpoint("openai/ft:gpt/x", SETTINGS)
    assert (endpoint.base_url, endpoint.api_key) == ("http://127.0.0.1:3/v1", "secret")
    assert endpoint.model == "ft:gpt/x"


def test_an_endpoint_of_the_file_takes_its_key_from_its_variable(monkeypatch):
    with pytest.raises(UnknownModelError, match="MINE_KEY, which is not set"):
        resolve_endpoint("mine/llama", SETTINGS)
    monkeypatch.setenv("MINE_KEY", "secret")
    endpoint = resolve_endpoint("mine/llama", SETTINGS)
    assert (endpoint.name, endpoint.model, endpoint.api_key) == ("mine", "llama", "secret")


def test_an_endpoint_without_a_variable_needs_no_key():
    assert resolve_endpoint("free/llama", SETTINGS).base_url == "http://127.0.0.1:2/v1"


def test_an_endpoint_called_openai_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    settings = Settings.model_validate({"endpoints": {"openai": {"base_url": "http://proxy/v1"}}})
    assert resolve_endpoint("openai/gpt", settings).base_url == "http://proxy/v1"


def test_the_key_is_not_shown():
    endpoint = Endpoint(name="mine", base_url="http://x", api_key="secret", model="m")
    assert "secret" not in f"{endpoint!r} {endpoint}"


def test_an_address_needs_neither_key_nor_server(monkeypatch):
    mine = {"mine": {"base_url": "http://x/v1", "api_key_env": "MINE"}}
    settings = Settings.model_validate({"endpoints": mine})
    assert address_of("local/smollm2-135m", settings) == ("local", "smollm2-135m")
    assert address_of("mine/a/b", settings) == ("http://x/v1", "a/b")
    assert address_of("openai/m", settings) == ("https://api.openai.com/v1", "m")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://y/v1")
    assert address_of("openai/m", settings) == ("http://y/v1", "m")
    with pytest.raises(UnknownModelError, match="did you mean 'mine'"):
        address_of("mind/m", settings)


def test_limits_alone_leave_the_built_in_endpoint_as_it_is(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    settings = Settings.model_validate({"endpoints": {"openai": {"requests_per_minute": 5}}})
    endpoint = resolve_endpoint("openai/m", settings)
    assert (endpoint.base_url, endpoint.api_key) == ("https://api.openai.com/v1", "key")
