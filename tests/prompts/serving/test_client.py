"""The production client: arms by key, reverts seen within the poll, pointers in the fallback."""

from __future__ import annotations

import asyncio
import time

import pytest

from llmops_magics.prompts.client import PromptClient

REF = "a@production"
KEYS = [f"user {n}" for n in range(200)]


@pytest.fixture
def client(store, tmp_path):
    url = f"sqlite:///{tmp_path / 'llmops.db'}"
    with PromptClient(url, root=tmp_path, ttl_s=3600, poll_s=0.05) as client:
        yield client


def until(true, seconds=5.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def test_what_is_served_comes_before_the_label(client, serve):
    serve(2)
    found = client.get(REF)
    assert (found.version, found.environment, found.arm) == (2, "production", "stable")
    assert found.rollout_id == ""  # nothing rolls
    assert found.render()["model"] == "model-2"
    assert dict(found.index) == {"docs": "sha256:index2"}


def test_the_arm_is_that_of_the_key_and_stays(client, serve):
    serve(1, 2, state="rolling", share=0.5)
    first = {key: client.get(REF, key=key) for key in KEYS}
    assert {p.arm for p in first.values()} == {"stable", "candidate"}
    assert all((p.version == 2) is (p.arm == "candidate") for p in first.values())
    assert {p.rollout_id for p in first.values()} == {"r1"}
    again = {key: asyncio.run(client.aget(REF, key=key)).arm for key in KEYS[:20]}
    assert again == {key: first[key].arm for key in KEYS[:20]}
    assert client.get(REF).arm == "stable"


def test_a_revert_is_seen_within_the_poll_though_the_ttl_is_long(client, serve):
    serve(2)
    assert client.get(REF).version == 2
    serve(1)
    until(lambda: client.get(REF).version == 1)


def test_the_first_release_of_all_is_seen_too(client, serve, store, registry):
    from llmops_magics.prompts import label

    with store.write() as connection:
        label.move(connection, name="a", label="production", number=3, actor="ada")
    assert (client.get(REF).version, client.get(REF).environment) == (3, "")
    serve(1)
    until(lambda: client.get(REF).version == 1)


def test_a_label_of_no_environment_starts_no_thread(client, registry):
    registry.label("a@1", "candidate")
    client.get("a@candidate")
    client.get("a")
    assert not client._poll.is_on


def test_the_fallback_file_keeps_pointer_and_arms(client, serve, store, tmp_path):
    path = tmp_path / "kept" / "prompts.json"
    serve(1, 2, state="rolling", share=0.5)
    there = {key: client.get(REF, key=key, fallback=path).arm for key in KEYS[:50]}
    away = PromptClient(f"sqlite:///{tmp_path / 'none.db'}", root=tmp_path, fallback=path)
    found = {key: away.get(REF, key=key) for key in KEYS[:50]}
    assert {key: p.arm for key, p in found.items()} == there
    assert {(p.source, p.is_stale, p.rollout_id) for p in found.values()} == {
        ("fallback", True, "r1")
    }
    away.close()


def test_a_changed_arm_in_the_fallback_file_is_refused(client, serve, tmp_path):
    from llmops_magics.errors import StoreError

    path = tmp_path / "prompts.json"
    serve(1, 2, state="rolling", share=0.5)
    client.get(REF, fallback=path)
    path.write_text(path.read_text().replace("model-2", "model-9"))
    with (
        PromptClient(f"sqlite:///{tmp_path / 'none.db'}", root=tmp_path, fallback=path) as away,
        pytest.raises(StoreError, match="changed or damaged"),
    ):
        away.get(REF)


def test_the_shadow_is_beside_the_stable_version(client, serve):
    serve(1, 2, state="shadow")
    found = client.get(REF, key="k")
    assert (found.version, found.arm, found.shadow.version) == (1, "stable", 2)
    serve(1)
    until(lambda: client.get(REF).shadow is None)


def test_the_holdback_stays(client, serve):
    serve(2, held=1, state="holdback", holdback=50)
    found = {key: client.get(REF, key=key) for key in KEYS}
    assert {(p.arm, p.version) for p in found.values()} == {("stable", 2), ("held", 1)}


def test_a_forked_child_polls_for_itself(client, serve, in_child):
    serve(1)
    assert client.get(REF).version == 1

    def work():
        client.get(REF)
        until(lambda: client._poll.is_on)
        serve(2)
        until(lambda: client.get(REF).version == 2)
        return True

    assert in_child(work)


def test_a_client_that_is_gone_ends_its_thread(store, serve, tmp_path):
    import gc
    import threading

    serve(1)
    client = PromptClient(f"sqlite:///{tmp_path / 'llmops.db'}", root=tmp_path, poll_s=0.05)
    client.get(REF)
    before = threading.active_count()
    del client
    gc.collect()
    until(lambda: threading.active_count() < before)
