import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, PromptReferenceError, PromptSyntaxError, StoreError
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.table import prompt_version


def change_content(store, number, **values):
    """Do what the triggers refuse, as somebody with the file in hand can."""
    with store.write() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS prompt_version_no_update"))
        row = update(prompt_version).where(prompt_version.c.number == number)
        connection.execute(row.values(**values))


def actions(store):
    with store.read() as connection:
        return [(e.action, e.resource, e.actor) for e in trail.events(connection)]


def test_a_version_is_registered_if_the_content_differs_from_the_newest(registry, store):
    first = registry.register("a", "Hello {{ name }}", message="why")
    again = registry.register("a", "---\ndescription: same\n---\nuser:\nHello {{ name }}\n")
    second = registry.register("a", "Hi {{ name }}")
    assert [(v.number, v.is_new) for v in (first, again, second)] == [
        (1, True),
        (1, False),
        (2, True),
    ]
    assert (first.author, first.message, first.variables) == ("ada", "why", ("name",))
    assert [(c.before, c.after) for c in second.diff.changes] == [
        ("Hello {{ name }}", "Hi {{ name }}")
    ]
    assert actions(store) == [
        ("prompt.register", "a@1", "ada"),
        ("prompt.register", "a@2", "ada"),
    ]


def test_going_back_to_an_older_text_is_a_new_version(registry):
    versions = [registry.register("a", text) for text in ("x", "y", "x")]
    assert [v.number for v in versions] == [1, 2, 3]
    assert versions[0].digest == versions[2].digest
    assert registry.get(f"a@{versions[0].digest[:20]}").number == 3


def test_explicit_model_and_settings_override_the_front_matter(registry):
    head = "---\nmodel: m/one\nsettings: {temperature: 1, seed: 2}\n---\nhi"
    version = registry.register("a", head, model="m/two", settings={"temperature": 0.0})
    assert (version.model, version.settings) == ("m/two", {"temperature": 0, "seed": 2})
    with pytest.raises(PromptSyntaxError, match="temperature"):
        registry.register("a", "hi", settings={"temperature": 9})


def test_every_form_of_reference_finds_its_version(registry):
    one, two = registry.register("a", "x"), registry.register("a", "y")
    registry.label("a@1", "candidate")
    assert registry.get("a").number == two.number == 2
    assert registry.get("a@1") == registry.get("a@candidate")
    assert registry.get(f"a@{one.digest[:15]}").labels == ("candidate",)


def test_an_unknown_reference_says_what_there_is(registry):
    with pytest.raises(PromptReferenceError, match="none is registered"):
        registry.get("a")
    registry.register("support/answer", "x")
    registry.label("support/answer", "candidate")
    for reference, message in {
        "support/anser": "Did you mean support/answer",
        "support/answer@7": "no version 7. It has version 1 only",
        "support/answer@production": r"Its labels: candidate \(version 1\)",
        "support/answer@sha256:00000000": "begins with sha256:00000000",
    }.items():
        with pytest.raises(PromptReferenceError, match=message):
            registry.get(reference)


def test_a_digest_that_fits_two_versions_is_ambiguous(registry, store):
    registry.register("a", "x"), registry.register("a", "y")
    for number in (1, 2):
        change_content(store, number, digest=f"sha256:abcdef12{number}")
    with pytest.raises(PromptReferenceError, match="ambiguous"):
        registry.get("a@sha256:abcdef12")


def test_a_label_moves_and_is_written_only_when_it_does(registry, store):
    registry.register("a", "x"), registry.register("a", "y")
    first = registry.label("a@1", "candidate", reason="try it")
    again = registry.label("a@1", "candidate")
    second = registry.label("a", "candidate", with_diff=True)
    assert [(m.before, m.after, m.changed) for m in (first, again, second)] == [
        (None, 1, True),
        (1, 1, False),
        (1, 2, True),
    ]
    assert (again.moved_at, again.reason) == (first.moved_at, "try it")
    assert [c.after for c in second.diff.changes] == ["y"]
    assert (registry.get("a@1").labels, registry.get("a").labels) == ((), ("candidate",))
    assert actions(store)[2:] == [("prompt.label", "a@candidate", "ada")] * 2


@pytest.mark.parametrize("label", ["7", "production", "staging", "Mine", "a@b", "", "a" * 81])
def test_a_label_that_cannot_be_given_is_refused_before_anything_is_written(registry, store, label):
    registry.register("a", "x")
    with pytest.raises(PromptError):
        registry.label("a", label)
    assert len(actions(store)) == 1


def test_list_and_versions(registry):
    for name, text_ in (("b", "x"), ("a", "x"), ("a", "---\ndescription: why\n---\ny")):
        registry.register(name, text_, message="m")
        registry.label(name, "mine")
    assert [(p.name, p.number, p.description) for p in registry.list().prompts] == [
        ("a", 2, "why"),
        ("b", 1, ""),
    ]
    assert registry.list().prompts[0].labels == {"mine": 2}
    assert [v.ref for v in registry.versions("a")] == ["a@1", "a@2"]
    assert registry.versions("a")[1] == registry.get("a")
    assert list(registry.names()) == ["a", "b"]


def test_what_registering_returns_is_what_is_read(registry, store):
    head = "---\ndescription: d\nsample: {q: [1, 2.5, ü]}\ntags: [a]\nsettings: {stop: [x]}\n---\n"
    made = registry.register("a", head + "{{ q }} {{ r }}", tags={"team": "one"}, message="why")
    read = PromptRegistry(store, actor=lambda: "bob").get("a", with_diff=True)
    assert made == replace(read, is_new=True, outcome="new version")
    assert (read.tags, read.variables) == ({"a": "", "team": "one"}, ("q", "r"))


def test_a_preview_is_what_registering_then_makes_and_writes_nothing(registry, store):
    registry.register("a", "one {{ q }}")
    seen = registry.preview("a", "two {{ q }}", message="why", tags={"k": "v"})
    assert (seen.number, seen.is_new, len(actions(store))) == (2, False, 1)
    made = registry.register("a", "two {{ q }}", message="why", tags={"k": "v"})
    known = {"author": "ada", "created_at": made.created_at}
    assert replace(seen, **known, is_new=True, outcome=made.outcome) == made
    assert registry.preview("a", "two {{ q }}").diff.changes == ()
    assert registry.preview("new", "x").number == 1


def test_tags_are_added_to_a_version_that_is_there(registry, store):
    registry.register("a", "x", tags={"team": "one"})
    again = registry.register("a", "x", tags={"team": "two", "more": ""})
    assert (again.is_new, again.tags) == (False, {"team": "two", "more": ""})
    registry.register("a", "x", tags={"team": "two"})
    assert [action for action, _, _ in actions(store)] == ["prompt.register", "prompt.tag"]


def test_a_version_starts_from_another(registry):
    head = "---\nmodel: m/one\nsettings: {seed: 1, temperature: 0}\nsample: {q: hi}\n---\n"
    base = registry.register("base", head + "system:\nBe brief.\nuser:\n{{ q }}")
    same = registry.register("fork", "", start="base@1")
    assert (same.digest, same.sample) == (base.digest, {"q": "hi"})
    other = registry.register(
        "fork", "---\nsettings: {seed: 2}\n---\n", start="base", model="m/two"
    )
    assert (other.model, other.settings) == ("m/two", {"seed": 2, "temperature": 0})
    assert other.messages == base.messages
    again = registry.register("third", other.source)  # the source alone says all of it
    assert (again.digest, again.sample) == (other.digest, other.sample)


def test_a_prompt_includes_another_as_it_was_then(registry):
    registry.register("policy", "Be kind.")
    held = registry.register("a", '{% include "policy" %} {{ q }}')
    registry.register("policy", "Be brief.")
    assert registry.get("a").includes[0].content == "Be kind."
    assert registry.register("a", '{% include "policy" %} {{ q }}').digest != held.digest
    with pytest.raises(PromptError, match=r"(?i)cycle|itself"):
        registry.register("policy", '{% include "a" %}')


def test_a_secret_is_not_kept(registry, store):
    with pytest.raises(PromptError, match="openai-key"):
        registry.register("a", "Use sk-proj-" + "a1B2" * 10)
    assert registry.list().prompts == ()
    assert actions(store) == []


def test_a_changed_row_is_noticed(registry, store):
    registry.register("a", "x")
    for changed in ({"messages": [], "model": "", "settings": {}}, [], "x", {}):
        change_content(store, 1, content=changed)
        with pytest.raises(StoreError, match="a@1 is damaged"):
            PromptRegistry(store, actor=lambda: "ada").get("a")


WRITER = """
import sys
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store
registry = PromptRegistry(Store.open(sys.argv[1]), actor=lambda: sys.argv[2])
for step in range(15):
    version = registry.register("a", f"text {step % 3} {{{{ q }}}}")
    registry.label(version.ref, f"of-{sys.argv[2]}")
    move = registry.label(f"a@{version.number}", "shared")
    print(version.number, version.digest, version.is_new, move.before, move.after, move.changed)
"""


def run_writers(url, names):
    """Let processes write at once; return the words of each line each of them printed."""
    command = [sys.executable, "-c", WRITER, url]
    writers = [subprocess.Popen([*command, n], stdout=subprocess.PIPE, text=True) for n in names]
    outputs = [writer.communicate(timeout=120)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * len(names)
    return {
        name: [line.split() for line in output.splitlines()]
        for name, output in zip(names, outputs, strict=True)
    }


def test_processes_leave_no_gap_and_no_duplicate_and_know_who_won(registry, store, tmp_path):
    told = run_writers(f"sqlite:///{tmp_path / 'llmops.db'}", ("ada", "bob", "cy"))
    versions = registry.versions("a")
    assert [v.number for v in versions] == list(range(1, len(versions) + 1))
    assert len(versions) >= 3  # the first to register makes all three texts, one after another
    assert all(a.digest != b.digest for a, b in pairwise(versions))
    for who, lines in told.items():
        assert len(lines) == 15
        assert {int(line[0]) for line in lines if line[2] == "True"} == {
            v.number for v in versions if v.author == who
        }
        assert all(versions[int(number) - 1].digest == digest for number, digest, *_ in lines)
        assert registry.get(f"a@of-{who}").number == int(lines[-1][0])
    with store.read() as connection:
        assert trail.verify(connection).problems == ()


def test_each_process_is_told_where_it_moved_a_label_from(registry, tmp_path):
    told = run_writers(f"sqlite:///{tmp_path / 'llmops.db'}", ("ada", "bob"))
    shared = [m for e in registry.log("a").entries for m in e.moves if m.label == "shared"]
    shared.sort(key=lambda move: move.moved_at)
    assert len(shared) >= 3
    assert all(a.after == b.before for a, b in pairwise(shared))
    said = [(b, a) for lines in told.values() for *_, b, a, changed in lines if changed == "True"]
    assert sorted(said) == sorted((str(m.before), str(m.after)) for m in shared)


MOVER = """
import sys
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store
registry = PromptRegistry(Store.open(sys.argv[1]), actor=lambda: "bob")
for line in sys.stdin:
    registry.label(f"a@{line.strip()}", "mine")
    print("moved", flush=True)
"""


def test_the_next_look_sees_what_another_process_moved(registry, tmp_path):
    for n in range(4):
        registry.register("a", f"text {n}")
    url = f"sqlite:///{tmp_path / 'llmops.db'}"
    command = [sys.executable, "-c", MOVER, url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as mover:
        for number in (1, 2, 3, 4, 2, 1):
            print(number, file=mover.stdin, flush=True)
            assert mover.stdout.readline() == "moved\n"
            assert registry.get("a@mine").number == number
        mover.stdin.close()


words = st.text("abc {}%#\n", min_size=1, max_size=30).map(
    lambda t: "{% raw %}" + t + "{% endraw %}"
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=words, temperature=st.sampled_from([0, 0.0, 0.5, 1, 1.0]))
def test_the_same_content_has_the_same_digest(registry, text, temperature):
    one = registry.register("one", text, settings={"temperature": temperature, "seed": 1})
    two = registry.register("two", text, settings={"seed": 1.0, "temperature": float(temperature)})
    assert one.digest == two.digest
    assert registry.get(f"one@{one.digest}").messages == two.messages
