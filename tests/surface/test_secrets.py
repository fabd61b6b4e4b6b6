"""A key or a password is in no error, traceback, log, ``repr``, notebook or file of a workspace.

Tracebacks are looked at as a debugger, a notebook in verbose mode or an error service shows them:
with every local variable of every frame, ours and those of the libraries below.
"""

from __future__ import annotations

import logging
import socket
import threading
import traceback

import pytest
from IPython.core.interactiveshell import InteractiveShell

from llmops_magics.config.settings import load_settings
from llmops_magics.errors import ConfigError, LlmopsError, ModelError, StoreError
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.endpoint import Endpoint, resolve_endpoint
from llmops_magics.retrieval.index.chroma import server_client
from llmops_magics.storage.store import Store
from llmops_magics.workspace import Workspace

KEY = "sk-proj-" + "CANARYx9Xk2mQ7vT4wB1nR8pL5"
PASSWORD = "hunter2canary"
REQUEST = ChatRequest(model="openai/m", messages=({"role": "user", "content": "hi"},))
REPEATED = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'
HEAD = "Content-Type: application/json\r\nConnection: close\r\nContent-Length"
ANSWERS = {
    "refuses and repeats the key": f"HTTP/1.1 401 No\r\n{HEAD}: {len(REPEATED)}\r\n\r\n{REPEATED}",
    "fails and repeats the key": f"HTTP/1.1 500 No\r\n{HEAD}: {len(REPEATED)}\r\n\r\n{REPEATED}",
    "speaks no HTTP": "\x00\x01 no HTTP\r\n\r\n",
    "answers broken JSON": f"HTTP/1.1 200 OK\r\n{HEAD}: 2\r\n\r\n{{x",
    "answers no completion": f"HTTP/1.1 200 OK\r\n{HEAD}: 2\r\n\r\n{{}}",
    "breaks off": f"HTTP/1.1 200 OK\r\n{HEAD}: 99\r\n\r\n{{",
    "hangs up": "",
    "says nothing": None,
}


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def serve():
    """``serve(answer)`` answers each connection with these bytes; None never answers."""
    opened = []

    def start(answer):
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)
        threading.Thread(target=accept, args=(server, answer, opened), daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/v1"

    yield start
    for each in opened:
        each.close()


def accept(server, answer, opened):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        opened.append(connection)
        connection.recv(65536)
        if answer is not None:
            connection.sendall(answer.encode())
            connection.close()


def told(error):
    """Everything that is shown of an error, with the variables of every frame but the test's."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    for each in chain_of(shown):
        for frame in each.stack:
            if frame.filename == __file__:
                frame.locals = None
    return "".join(shown.format()) + repr(error)


def chain_of(shown):
    while shown is not None:
        yield shown
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


@pytest.fixture
def workspace(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\ntimeout_s = 2\n")
    opened = Workspace(folder)
    yield opened
    opened.close()


def fail(workspace, monkeypatch, url):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(ModelError) as failure:
        workspace.client.chat_blocking(REQUEST)
    return failure.value


def test_the_test_sees_a_key_in_a_variable():
    def leak():
        held = [KEY]
        raise ValueError(len(held))

    with pytest.raises(ValueError, match="1") as failure:
        exec(compile("leak()", "elsewhere", "exec"), {"leak": leak})
    shown = traceback.TracebackException.from_exception(failure.value, capture_locals=True)
    assert KEY in "".join(shown.format())


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_call_that_fails(workspace, monkeypatch, serve, caplog, answer):
    """Also in the log, with every logger of every library at its most talkative."""
    with caplog.at_level(logging.DEBUG):
        error = fail(workspace, monkeypatch, serve(answer))
    assert KEY not in told(error)
    assert KEY not in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "nosuch.invalid", "user:" + KEY + "@nosuch"])
def test_an_endpoint_that_is_not_there(workspace, monkeypatch, caplog, host):
    url = f"http://{host.format(port=closed_port())}/v1?key={KEY}"
    with caplog.at_level(logging.DEBUG):
        error = fail(workspace, monkeypatch, url)
    assert KEY not in str(error)
    assert str(error).startswith(
        ("cannot reach openai (http://", "openai (http://nosuch/v1) cannot")
    )


@pytest.mark.parametrize("odd", ["\n", "\r\nX: y", "é", "\u2028"])
def test_a_key_that_cannot_be_sent(workspace, monkeypatch, serve, odd):
    monkeypatch.setenv("OPENAI_API_KEY", KEY + odd)
    error = fail(workspace, monkeypatch, serve(ANSWERS["refuses and repeats the key"]))
    assert KEY not in told(error)


def test_nothing_of_it_is_written(workspace, monkeypatch, serve, folder):
    fail(workspace, monkeypatch, serve(ANSWERS["refuses and repeats the key"]))
    workspace.flush_spans()
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "llmops.db" for path in written)
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


def test_a_verbose_traceback_in_a_notebook(workspace, monkeypatch, serve, capsys, folder):
    """``%xmode Verbose`` shows variables; ``--traceback`` of our magics shows what raised."""
    monkeypatch.setenv("OPENAI_BASE_URL", serve(ANSWERS["refuses and repeats the key"]))
    shell = InteractiveShell.instance()
    try:
        shell.run_cell("%load_ext llmops_magics\n%xmode Verbose\n%colors NoColor")
        shell.run_cell("%%prompt a/b --run --model openai/m --traceback\nSay it.")
        shell.run_cell(
            "from llmops_magics.workspace import current_workspace\n"
            "current_workspace().ask('a/b', model='openai/m')"
        )
    finally:
        shell.run_cell("%unload_ext llmops_magics")  # or other tests' calls go to its tracing
        InteractiveShell.clear_instance()
    shown = "".join(capsys.readouterr())
    assert "RequestRejectedError" in shown
    assert KEY not in shown


def test_a_database_that_does_not_answer(tmp_path):
    url = f"postgresql+psycopg://ada:{PASSWORD}@127.0.0.1:{closed_port()}/db"
    with pytest.raises(StoreError) as failure:
        Store.open(url, str(tmp_path))
    assert PASSWORD not in told(failure.value)
    with pytest.raises(StoreError) as failure:
        Store.open(f"postgresql {PASSWORD}", str(tmp_path))
    assert PASSWORD not in told(failure.value)


def test_a_workspace_whose_database_does_not_answer(folder, monkeypatch):
    url = f"postgresql+psycopg://ada:{PASSWORD}@127.0.0.1:{closed_port()}/db"
    monkeypatch.setenv("LLMOPS_STORE", url)
    monkeypatch.setenv("LLMOPS_ARTIFACTS", str(folder))
    workspace = Workspace(folder)
    for ask in (lambda: workspace.store, lambda: workspace.prompts):
        with pytest.raises(StoreError) as failure:
            ask()
        assert PASSWORD not in told(failure.value)
    assert PASSWORD not in repr(workspace.settings)
    assert PASSWORD not in repr(vars(workspace))


@pytest.mark.parametrize(
    "text",
    [
        f"[store]\nurl = 'postgresql://a:{PASSWORD}@h/d'\nnope = 1",
        f"[endpoints.mine]\nbase_url = 'https://a:{PASSWORD}@host/v1'",
        f"[endpoints.mine]\nbase_url = 'https://host/v1'\napi_key = '{PASSWORD}'",
        f"[endpoints.mine]\nbase_url = 'https://host/v1'\nmax_concurrency = '{PASSWORD}'",
    ],
)
def test_a_settings_file_with_a_mistake(folder, text):
    (folder / "llmops.toml").write_text(text)
    with pytest.raises(ConfigError) as failure:
        load_settings(folder)
    assert PASSWORD not in told(failure.value)


def test_a_server_of_vectors_that_does_not_answer(monkeypatch):
    monkeypatch.setenv("LLMOPS_CHROMA_TOKEN", KEY)
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(LlmopsError) as failure, server_client(url) as client:
        client.heartbeat()
    assert KEY not in told(failure.value)


def test_a_function_of_chroma_whose_endpoint_repeats_the_key(workspace, monkeypatch, serve):
    monkeypatch.setenv("MY_KEY", KEY)
    url = serve(ANSWERS["refuses and repeats the key"])
    spec = f'chroma:openai?{{"api_key_env_var": "MY_KEY", "model_name": "m", "api_base": "{url}"}}'
    with pytest.raises(LlmopsError) as failure:
        workspace.embedders(spec).embed(["one"])
    assert KEY not in told(failure.value)


def test_no_repr_holds_a_key(workspace, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://ada:{KEY}@host/v1?key={KEY}")
    endpoint = resolve_endpoint("openai/m", workspace.settings)
    client = workspace.client
    shown = [endpoint, workspace, client, vars(client), vars(workspace), workspace.settings]
    assert endpoint.api_key == KEY
    assert not [each for each in shown if KEY in repr(each)]
    assert "host/v1" in repr(Endpoint(name="a", base_url="http://host/v1", api_key=KEY, model="m"))
