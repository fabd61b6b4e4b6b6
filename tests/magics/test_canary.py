"""Secrets that come in by every door, and every byte of the workspace searched for them."""

from __future__ import annotations

import re
import warnings

from llmops_magics.workspace import current_workspace

DOORS = (
    *("variable", "answer", "system", "toolargs", "error", "attribute", "spanname", "argument"),
    *("returned", "yielded", "dictkey", "session", "user", "monitorrule", "monitorname", "budget"),
    *("openaiprompt", "openaierror", "embedding", "outsidespan", "role"),
)


def secret(door: str) -> str:
    """A key of a common provider's form that only this door knows."""
    return f"sk-proj-CANARY{door}9Xk2mQ7vT4wB1nR8pL5"


CELLS = (
    "import llmops_magics as l, openai, threading",
    "%%prompt geo/secret\nSay {{ word }}.",
    "l.ask('geo/secret', word=S('variable'))",
    """
from llmops_magics.models.chat import ChatRequest
from llmops_magics.workspace import current_workspace
call = {'id': S('toolargs'), 'function': {'name': 'f', 'arguments': '{"k": "%s"}' % S('toolargs')}}
messages = ({'role': 'system', 'content': S('system')},
            {'role': S('role'), 'content': [{'type': 'text', 'text': 'x'}], 'tool_calls': [call]})
current_workspace().client.chat_blocking(ChatRequest(model='openai/m', messages=messages))
""",
    """
@l.trace(name=S('spanname'), kind='tool')
def work(argument, **rest):
    return {S('dictkey'): [S('returned')]}
work(S('argument'), nested={'deep': (S('argument'),)})
@l.trace
def steps():
    yield S('yielded')
list(steps())
with l.session(S('session'), user=S('user')), l.span('s', **{'k': S('attribute')}) as s:
    s.set(**{'more': {S('attribute'): 1}})
    l.ask('geo/secret', word='plain')
try:
    with l.span('fails'):
        raise ValueError(S('error'))
except ValueError: pass
""",
    """
from opentelemetry.trace import Status, StatusCode
tracing = current_workspace().tracing
told = {'a': [S('outsidespan')]}
with tracing.tracer.start_as_current_span(S('outsidespan'), attributes=told) as o:
    o.set_status(Status(StatusCode.ERROR, S('outsidespan')))
    o.record_exception(ValueError(S('outsidespan')))
""",
    """
client = openai.OpenAI(max_retries=0)
client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': S('openaiprompt')}])
client.embeddings.create(model='e', input=S('embedding'))
try: openai.OpenAI(base_url='http://127.0.0.1:9/v1', api_key=S('openaierror'), max_retries=0
    ).chat.completions.create(model=S('openaierror'), messages=[])
except openai.OpenAIError: pass
""",
    '%llm_monitor add "calls[prompt=$monitorrule] > 5 over 1h" --name busy',
    '%llm_monitor add "calls > 5 over 1h" --name $monitorname',
    "%llm_budget set 5 --per day --scope user:$budget --action warn",
    "l.ask('geo/secret', word='again')",
    "%llm_monitor add 'calls > 5 over 1h'\n%llm_monitor check",
    "%llm_trace last",
    "%llm_cost --by user",
)  # fmt: skip


def play(shell, endpoint):
    """Run the cells against an endpoint that tells a secret itself; failures may be refusals."""
    endpoint(f"It is {secret('answer')}.")
    shell.ip.push({"S": secret})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shown = [shell.run(re.sub(r"\$(\w+)", lambda m: secret(m[1]), c)) for c in CELLS]
    current_workspace().spans.flush()
    return shown


def found(folder, words):
    """Which words stand in which file under a folder, in any of the usual encodings."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(path.name == "llmops.db" for path in files)
    return [
        (word, path.name)
        for word in words
        for path, content in files.items()
        for code in ("utf-8", "utf-16-le")
        if word.encode(code) in content or word.encode(code) in str(path).encode(code)
    ]


def test_no_secret_is_in_any_byte_of_the_workspace(shell, endpoint, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("LLMOPS_CONFIG_DIR", str(tmp_path / "config"))
    shown = play(shell, endpoint)
    refused = [cell for cell, one in zip(CELLS, shown, strict=True) if not one.result.success]
    assert [cell.split()[0] for cell in refused] == ["%llm_monitor", "%llm_monitor", "%llm_budget"]
    assert found(folder, [secret(door) for door in DOORS]) == []
    with current_workspace().store.read() as connection:
        text = str(connection.exec_driver_sql("SELECT name, attributes FROM span").all())
    assert text.count("[openai-key]") > 20  # they were there to be masked


def test_capture_none_leaves_nothing_of_a_call(shell, endpoint, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("LLMOPS_CONFIG_DIR", str(tmp_path / "config"))
    (folder / "llmops.toml").write_text('[trace]\ncapture = "none"\n')
    shell.ok(f"%cd {folder}")
    play(shell, endpoint)
    words = [f"CANARY{door}" for door in DOORS]
    assert found(folder, words) == []
    with current_workspace().store.read() as connection:
        for table in ("span", "trace"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_capture_metadata_keeps_no_words(shell, endpoint, folder, monkeypatch):
    (folder / "llmops.toml").write_text('[trace]\ncapture = "metadata"\n')
    endpoint("wombat answer")
    shell.ok("import llmops_magics as l, openai")
    shell.ok("%%prompt geo/x\nSay {{ word }}.")
    shell.ok(
        "@l.trace\ndef work(word):\n    return [word]\n"
        "work('wombat argument')\n"
        "with l.session('a wombat', user='wombat the first'), l.span('s', k='wombat') as s:\n"
        "    s.set(more={'wombat': ['wombat']}, count=3)\n"
        "try:\n    with l.span('s'): raise ValueError('wombat')\nexcept ValueError: pass\n"
        "l.ask('geo/x', word='wombat variable')\n"
        "openai.OpenAI().chat.completions.create(model='m', messages=[\n"
        "    {'role': 'user', 'content': 'wombat prompt'}])"
    )
    current_workspace().spans.flush()
    assert found(folder, ["wombat"]) == []
