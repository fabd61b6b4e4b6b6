import asyncio
import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from llmops_magics import prompts
from llmops_magics.config import settings
from llmops_magics.errors import PromptReferenceError, StoreError, UsageError
from llmops_magics.prompts.client import PromptClient
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store

URL = "a@candidate"


class Clock:
    """A clock in seconds that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'llmops.db'}"


@pytest.fixture
def client(registry, url, clock, tmp_path):
    registry.register("a", "---\nmodel: m/one\nsettings: {temperature: 0}\n---\nHello {{ name }}")
    registry.register("a", "Hi {{ name }}")
    registry.label("a@1", "candidate")
    with PromptClient(url, root=tmp_path, clock=clock, wait_s=10) as client:
        yield client


def settle(client):
    """Wait until nothing is loaded in the background."""
    while client._flights._is_working:
        time.sleep(0.001)


def take_away(tmp_path):
    (tmp_path / "llmops.db").rename(tmp_path / "away.db")


def test_a_prompt_is_read_once_and_then_remembered(client):
    first, again = client.get(URL), client.get(URL)
    assert (first.ref, first.version, first.labels) == ("a@1", 1, ("candidate",))
    assert (first.source, again.source) == ("store", "cache")
    assert not first.is_stale
    assert not again.is_stale


def test_a_prompt_renders_to_the_arguments_of_a_chat_call(client):
    assert client.get(URL).render(name="Ada") == {
        "model": "one",
        "messages": [{"role": "user", "content": "Hello Ada"}],
        "temperature": 0,
    }


def test_the_caller_may_change_what_was_rendered(client, registry):
    registry.register("b", "---\nsettings: {stop: [x]}\n---\nhi")
    client.get("b").render()["stop"].append("y")
    assert client.get("b").render()["stop"] == ["x"]


def test_without_a_model_of_its_own_a_prompt_takes_the_workspaces_default(url, client, tmp_path):
    assert client.get("a@2").render(name="Ada")["model"] == "gpt-4.1-mini"
    (tmp_path / "llmops.toml").write_text('[models]\ndefault = "acme/big/model"\n')
    with PromptClient(url, root=tmp_path) as other:
        assert other.get("a@2").render(name="Ada")["model"] == "big/model"


def test_a_stale_prompt_is_returned_at_once_and_read_again_behind_it(client, registry, clock):
    client.get(URL)
    registry.label("a@2", "candidate")
    clock.now += 60
    stale = client.get(URL)
    assert (stale.version, stale.is_stale, stale.source) == (1, True, "cache")
    settle(client)
    assert (client.get(URL).version, client.get(URL).is_stale) == (2, False)


def test_a_moved_label_is_seen_after_the_bound_however_long_the_process_slept(
    client, registry, clock
):
    client.get(URL)
    registry.label("a@2", "candidate")
    clock.now += 119.9
    assert client.get(URL).version == 1
    settle(client)
    registry.label("a@1", "candidate")
    clock.now += 3600
    assert (client.get(URL).version, client.get(URL).source) == (1, "cache")


def test_a_label_moved_by_another_process_is_seen(client, url, clock):
    client.get(URL)
    move = (
        "import sys; from llmops_magics.storage.store import Store;"
        "from llmops_magics.prompts.registry import PromptRegistry as R;"
        "R(Store.open(sys.argv[1]), actor=lambda: 'bob').label('a@2', 'candidate')"
    )
    subprocess.run([sys.executable, "-c", move, url], check=True)
    assert client.get(URL).version == 1
    clock.now += 120
    assert client.get(URL).version == 2


@pytest.mark.parametrize("which", ["a@1", "digest"])
def test_a_reference_by_number_or_digest_never_expires(client, registry, clock, tmp_path, which):
    reference = f"a@{registry.get('a@1').digest[:20]}" if which == "digest" else which
    client.get(reference)
    take_away(tmp_path)
    clock.now += 1e9
    assert (client.get(reference).source, client.get(reference).is_stale) == ("cache", False)
    client.refresh()


def test_a_call_may_give_its_own_time_to_live(client, registry, clock):
    client.get(URL)
    registry.label("a@2", "candidate")
    clock.now += 500
    assert client.get(URL, ttl_s=1000).version == 1
    clock.now -= 490
    assert client.get(URL, ttl_s=0).version == 2
    with pytest.raises(UsageError, match="ttl_s=-1"):
        client.get(URL, ttl_s=-1)


def test_refresh_reads_again_now(client, registry):
    client.get(URL)
    registry.label("a@2", "candidate")
    client.refresh()
    assert client.get(URL).version == 2


def test_what_an_answering_store_does_not_know_is_an_error_at_once(client, tmp_path):
    for reference in ("b", "a@nosuch", "a@9", "no name"):
        with pytest.raises(PromptReferenceError):
            client.get(reference, fallback=tmp_path / "kept.json")
    assert not (tmp_path / "kept.json").exists()


def test_a_store_that_is_away_leaves_the_last_prompt_and_one_warning(
    client, registry, clock, tmp_path, caplog
):
    caplog.set_level(logging.INFO, "llmops_magics")
    client.get(URL)
    take_away(tmp_path)
    for _ in range(5):
        clock.now += 400
        kept = client.get(URL)
        assert (kept.version, kept.is_stale) == (1, True)
    (tmp_path / "away.db").rename(tmp_path / "llmops.db")
    clock.now += 400
    assert client.get(URL).is_stale is False
    assert [r.levelname for r in caplog.records] == ["WARNING", "INFO"]
    assert "there is no store" in caplog.records[0].getMessage()


def test_a_store_that_was_replaced_is_opened_anew(client, url, clock, tmp_path):
    client.get("a")
    other = Store.open(f"sqlite:///{tmp_path / 'other' / 'llmops.db'}")
    PromptRegistry(other, actor=lambda: "ada").register("a", "restored")
    with other.write() as connection:
        connection.exec_driver_sql("PRAGMA user_version")
    other.close()
    (tmp_path / "other" / "llmops.db").replace(tmp_path / "llmops.db")
    for rest in ("llmops.db-wal", "llmops.db-shm"):
        (tmp_path / rest).unlink(missing_ok=True)
    clock.now += 120
    assert client.get("a").messages() == [{"role": "user", "content": "restored"}]


def test_reading_makes_no_store(tmp_path):
    with PromptClient(f"sqlite:///{tmp_path / 'x' / 'llmops.db'}", root=tmp_path) as client:
        with pytest.raises(StoreError, match="there is no store"):
            client.get("a")
        with pytest.raises(StoreError, match="there is no store"):
            asyncio.run(client.aget("a"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ask", ["get", "aget"])
def test_a_new_process_without_a_store_takes_the_fallback_file(client, url, clock, tmp_path, ask):
    path = tmp_path / "kept.json"
    assert client.get(URL, fallback=path).version == 1
    assert path.stat().st_mode & 0o777 == 0o600
    take_away(tmp_path)
    with PromptClient(url, root=tmp_path, fallback=path, clock=clock) as fresh:
        kept = fresh.get(URL) if ask == "get" else asyncio.run(fresh.aget(URL))
        assert (kept.ref, kept.source, kept.is_stale) == ("a@1", "fallback", True)
        assert kept.render(name="Ada")["messages"][0]["content"] == "Hello Ada"
        with pytest.raises(StoreError, match="does not hold a@nosuch"):
            fresh.get("a@nosuch")
        (tmp_path / "away.db").rename(tmp_path / "llmops.db")
        clock.now += 3600
        assert fresh.get(URL).source == "store"


def test_a_pinned_image_renders_with_the_store_and_its_artifacts_gone(client, url, store, tmp_path):
    png, path = b"\x89PNG\r\n\x1a\n", tmp_path / "kept.json"
    references = Lookup(version=None, image=lambda _: store.artifacts.put(png))
    registry = PromptRegistry(store, actor=lambda: "ada", references=references)
    registry.register("seen", '{{ image("plan.png") }} What is it?')
    sent = client.get("seen", fallback=path).render()
    assert sent["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "text", "text": " What is it?"},
    ]
    take_away(tmp_path)
    shutil.rmtree(tmp_path / "artifacts")
    with PromptClient(url, root=tmp_path, fallback=path) as fresh:
        assert fresh.get("seen").render() == sent


def test_the_fallback_file_follows_the_label(client, registry, clock, tmp_path):
    path = tmp_path / "kept.json"
    client.get("a@2")
    client.get(URL)
    client.get(URL, fallback=path)  # read already, without the file
    settle(client)
    registry.label("a@2", "candidate")
    clock.now += 120
    client.get(URL)
    assert json.loads(path.read_text())["prompts"][URL]["number"] == 2


def test_a_fallback_file_that_cannot_be_written_stops_nothing(client, tmp_path, caplog):
    (tmp_path / "folder").write_text("in the way")
    assert client.get(URL, fallback=tmp_path / "folder" / "kept.json").version == 1
    assert "could not be written" in caplog.text


def test_a_locked_store_is_away_after_the_time_to_wait(client, store, clock, tmp_path):
    client.get(URL)
    client._reader.close()
    store.close()
    holder = sqlite3.connect(tmp_path / "llmops.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    client._wait_s = 1.0
    clock.now += 3600
    began = time.perf_counter()
    assert client.get(URL).is_stale
    assert 1 <= time.perf_counter() - began < 30
    began = time.perf_counter()
    assert client.get(URL).is_stale  # nobody waits a second time
    assert time.perf_counter() - began < 1
    holder.close()
    settle(client)
    assert not client.get(URL).is_stale


def test_threads_that_ask_at_once_cause_one_load(client, registry, clock):
    loads = []
    read = client._reader.read

    def count(reference):
        loads.append(threading.current_thread().name)
        return read(reference)

    client._reader.read = count
    seen = []

    def ask():
        seen.extend(client.get(URL).version for _ in range(200))

    for moment in (0, 60, 3600):
        settle(client)
        clock.now += moment
        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    settle(client)
    assert loads == ["llmops-prompts"] * 3
    assert set(seen) == {1}
    assert len(seen) == 3 * 16 * 200


def test_coroutines_share_one_load_and_do_not_block_the_loop(client):
    async def ask():
        release = threading.Event()
        read = client._reader.read
        client._reader.read = lambda reference: release.wait(30) and read(reference)
        waiting = [asyncio.ensure_future(client.aget(URL)) for _ in range(50)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # must not take the load from the others
        await asyncio.sleep(0.01)
        release.set()
        return await asyncio.gather(*waiting[1:])

    assert [p.version for p in asyncio.run(ask())] == [1] * 49


def test_a_forked_child_reads_on_even_if_a_load_was_under_way(client, registry, clock, in_child):
    client.get(URL)
    registry.label("a@2", "candidate")
    read = client._reader.read
    held, release = threading.Event(), threading.Event()

    def hold(reference):
        held.set()
        release.wait(10)
        return read(reference)

    client._reader.read = hold
    clock.now += 60
    client.get(URL)
    assert held.wait(30)
    opened, now = client._reader._opened, clock.now

    def read_on():
        clock.now += 3600
        return client.get(URL).version == 2 and client._reader._opened[0] is not opened[0]

    assert in_child(read_on)
    assert clock.now == now
    release.set()
    settle(client)
    assert client.get(URL).version == 2


def test_a_forked_child_has_what_was_read_and_reads_its_own(client, in_child):
    client.get(URL)
    registry = client._reader._opened[1]
    with registry._versions._lock:  # as if a load had been in the middle of it
        assert in_child(lambda: client.get(URL).source == "cache")
        assert in_child(lambda: client.get("a@2").ref == "a@2")


def test_a_fork_while_settings_are_read_leaves_the_child_able_to(
    client, url, tmp_path, monkeypatch, in_child
):
    held, release = threading.Event(), threading.Event()
    load = settings.load_settings

    def hold(root):
        held.set()
        release.wait(30)
        return load(root)

    monkeypatch.setattr(settings, "load_settings", hold)
    with PromptClient(url, root=tmp_path) as fresh:
        waiting = fresh._flights.start("a@1")
        assert held.wait(30)
        monkeypatch.setattr(settings, "load_settings", load)
        assert in_child(lambda: fresh._reader.settings and fresh.get("a@1").ref == "a@1")
        release.set()
        assert waiting.result(30).ref == "a@1"


@pytest.mark.parametrize("reference", ["a@1", "a@2"])  # being read, or waiting for its turn
def test_a_load_of_a_client_that_is_closed_leaves_nothing_open(client, tmp_path, reference):
    read = client._reader.read
    held, release = threading.Event(), threading.Event()

    def hold(reference):
        held.set()
        release.wait(30)
        return read(reference)

    client._reader.read = hold
    first = client._flights.start("a@1")
    assert held.wait(30)
    waiting = client._flights.start(reference)
    client.close()
    release.set()
    assert first.result(30).ref == "a@1"
    if waiting is not first:
        with pytest.raises(UsageError, match="closed"):
            waiting.result(30)
    settle(client)
    assert client._reader._opened is None
    assert client._entries == {}


def test_who_waits_while_a_client_is_closed_gets_no_old_prompt(client, tmp_path):
    client.get("a@2", fallback=tmp_path / "kept.json")
    read = client._reader.read
    held, release = threading.Event(), threading.Event()
    client._reader.read = lambda reference: held.set() or (release.wait(30) and read(reference))
    client._flights.start("a@1")
    assert held.wait(30)
    client._entries.clear()
    told = []

    def ask():
        try:
            told.append(client.get("a@2", fallback=tmp_path / "kept.json"))
        except UsageError as error:
            told.append(error.message)

    asking = threading.Thread(target=ask)
    asking.start()
    while client._flights.find("a@2") is None:
        time.sleep(0.001)
    client.close()
    release.set()
    asking.join(30)
    assert told == ["this PromptClient is closed."]


def test_who_changes_a_prompt_changes_nobody_elses(client, registry):
    registry.register("b", "---\nsettings: {seed: 1}\ninputs: {q: {type: string}}\n---\nhi {{ q }}")
    for _ in range(2):
        got = client.get("b")
        got.content.settings["seed"] = 2
        got.content.inputs.clear()
    assert client.get("b").render(q="x")["seed"] == 1
    assert client.get("b").content.digest == client.get("b").digest


def test_a_closed_client_says_so(client):
    client.get(URL)
    client.close()
    with pytest.raises(UsageError, match="closed"):
        client.get(URL)


def test_the_functions_use_the_current_folders_workspace(folder, monkeypatch):
    from llmops_magics.workspace import Workspace

    monkeypatch.delenv("LLMOPS_STORE", raising=False)
    workspace = Workspace(folder)
    (folder / "llmops.toml").touch()
    workspace.prompts.register("a", "Hello {{ name }}")
    below = folder / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert prompts.get("a").ref == "a@1"
    assert asyncio.run(prompts.aget("a")).source == "cache"
    workspace.close()


def test_importing_the_package_loads_nothing():
    code = (
        "import sys, llmops_magics.prompts as p; before = set(sys.modules);"
        "print(*[m for m in ('jinja2', 'yaml', 'sqlalchemy', 'asyncio') if m in before]);"
        "p.PromptClient; print(*[m for m in ('jinja2', 'sqlalchemy', 'pydantic')"
        " if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []


@pytest.mark.parametrize("ttl_s", ["60", -1, float("nan")])
def test_a_time_to_live_that_is_none_is_refused(url, ttl_s):
    with pytest.raises(UsageError, match="is no time"):
        PromptClient(url, ttl_s=ttl_s)
