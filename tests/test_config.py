from __future__ import annotations

from operator import attrgetter

import pytest

from llmops_magics.config.location import find_root
from llmops_magics.config.settings import EMBEDDED_MODEL, ENVIRONMENT, HOSTED_MODEL, load_settings
from llmops_magics.errors import ConfigError


@pytest.fixture(autouse=True)
def no_settings_of_the_users_own(monkeypatch):
    for variable in (*ENVIRONMENT, "OPENAI_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def write(tmp_path):
    def write_settings(text):
        (tmp_path / "llmops.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write_settings


def test_no_file_means_the_defaults(tmp_path):
    settings = load_settings(tmp_path)
    assert settings.trace.capture == "redacted"
    assert settings.models.max_retries == 3
    assert settings.default_model == settings.judge_model == EMBEDDED_MODEL


def test_a_key_of_openai_makes_its_model_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "some")
    assert load_settings(tmp_path).default_model == HOSTED_MODEL


def test_the_file_is_read(write):
    settings = load_settings(
        write("""
            [models]
            default = "mine/a"
            judge = "mine/b"
            [endpoints.mine]
            base_url = "http://127.0.0.1:1/v1"
            api_key_env = "MINE"
        """)
    )
    assert (settings.default_model, settings.judge_model) == ("mine/a", "mine/b")
    assert settings.endpoints["mine"].api_key_env == "MINE"


def test_a_variable_goes_before_the_file(write, monkeypatch):
    monkeypatch.setenv("LLMOPS_MODEL", "openai/x")
    settings = load_settings(write('[models]\ndefault = "local/y"\nconcurrency = 2'))
    assert settings.default_model == "openai/x"
    assert settings.models.concurrency == 2


def test_limits_of_an_endpoint_and_of_the_built_in_one(write):
    settings = load_settings(
        write("""
            [endpoints.openai]
            requests_per_minute = 500
            [endpoints.mine]
            base_url = "http://127.0.0.1:1/v1"
            max_concurrency = 4
            tokens_per_minute = 90_000
            [cache]
            max_age_days = 7
            max_answers = 1000
        """)
    )
    openai, mine = settings.endpoints["openai"], settings.endpoints["mine"]
    assert (openai.base_url, openai.requests_per_minute) == ("", 500)
    assert (mine.max_concurrency, mine.tokens_per_minute) == (4, 90_000)
    assert mine.requests_per_minute is None
    assert (settings.cache.max_age_days, settings.cache.max_answers) == (7, 1000)


@pytest.mark.parametrize(("variable", "place"), ENVIRONMENT.items())
def test_every_variable_has_a_setting(tmp_path, monkeypatch, variable, place):
    monkeypatch.setenv(variable, "metadata")
    assert attrgetter(".".join(place))(load_settings(tmp_path)) == "metadata"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[modles]\n", "modles"),
        ("[models]\ndefualt = 'a'", "models.defualt"),
        ("[models]\ntimeout_s = 0", "models.timeout_s"),
        ("[models]\nconcurrency = 'many'", "models.concurrency"),
        ("models = 3", "models"),
        ("[trace]\ncapture = 'everything'", "trace.capture"),
        ("[endpoints.mine]\nbase_url = 'ftp://x'", "endpoints.mine.base_url"),
        ("[endpoints.mine]\nbase_url = 'http://x'\napi_key = 'k'", "endpoints.mine.api_key"),
        ("[endpoints.mine]\nmax_concurrency = 4", "endpoints: 'mine' needs a base"),
        ("[endpoints.openai]\napi_key_env = 'MINE'", "endpoints: 'openai' needs"),
        ("[endpoints.openai]\nmax_concurrency = 0", "endpoints.openai.max_concurrency"),
        ("[cache]\nmax_age_days = 0", "cache.max_age_days"),
        ("[endpoints.'Not a name']\nbase_url = 'http://x'", "endpoints.Not a name"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(write, text, where):
    with pytest.raises(ConfigError) as failure:
        load_settings(write(text))
    assert f"llmops.toml: {where}" in failure.value.message


def test_a_key_pasted_in_place_of_a_variable_is_not_repeated(write):
    text = "[endpoints.mine]\nbase_url = 'http://x'\napi_key = 'sk-not-to-be-shown'"
    with pytest.raises(ConfigError) as failure:
        load_settings(write(text))
    assert "sk-not-to-be-shown" not in str(failure.value)


def test_a_wrong_variable_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_CAPTURE", "everything")
    with pytest.raises(ConfigError, match=r"^LLMOPS_CAPTURE: "):
        load_settings(tmp_path)


def test_a_section_that_is_none_is_refused_even_with_a_variable(write, monkeypatch):
    monkeypatch.setenv("LLMOPS_MODEL", "local/x")
    with pytest.raises(ConfigError, match="models"):
        load_settings(write("models = 3"))


@pytest.mark.parametrize("content", [b"[models", b"\xff\xfe", b"a = 1\na = 2"])
def test_what_is_no_toml_is_refused(tmp_path, content):
    (tmp_path / "llmops.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings(tmp_path)


def test_the_root_is_the_nearest_folder_upwards_with_the_file(write, tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep) == deep.resolve()
    root = write("")
    assert find_root(deep) == root.resolve()


def test_an_error_keeps_the_case_of_names_and_values(write):
    price = "input_per_million_usd = 1\noutput_per_million_usd = -1"
    with pytest.raises(ConfigError, match=r"output_per_million_usd: input should be greater"):
        load_settings(write(f"[prices.'acme/Large']\n{price}"))
    with pytest.raises(
        ConfigError, match=r"prices: 'local/SmolLM' is embedded and costs nothing\."
    ):
        load_settings(write("[prices.'local/SmolLM']\nper_second_usd = 1"))
