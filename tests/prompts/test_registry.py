import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, PromptReferenceError, PromptSyntaxError, StoreError
from llmops_magics.storage.table import prompt_version


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
    with store.write() as connection:
        for number in (1, 2):
            connection.execute(
                update(prompt_version)
                .where(prompt_version.c.number == number)
                .values(digest=f"sha256:abcdef12{number}")
            )
    with pytest.raises(PromptReferenceError, match="ambiguous"):
        registry.get("a@sha256:abcdef12")


def test_a_label_moves_and_is_written_only_when_it_does(registry, store):
    registry.register("a", "x"), registry.register("a", "y")
    registry.label("a@1", "candidate")
    registry.label("a@1", "candidate")
    assert registry.label("a", "candidate").labels == ("candidate",)
    assert registry.get("a@1").labels == ()
    assert actions(store)[2:] == [("prompt.label", "a@candidate", "ada")] * 2
    with pytest.raises(PromptError, match="only a release"):
        registry.label("a", "production")


def test_list_and_versions(registry):
    for name, text in (("b", "x"), ("a", "x"), ("a", "y")):
        registry.register(name, text)
    assert [v.ref for v in registry.list()] == ["a@2", "b@1"]
    assert [v.ref for v in registry.versions("a")] == ["a@1", "a@2"]


def test_a_secret_is_not_kept(registry, store):
    with pytest.raises(PromptError, match="openai-key"):
        registry.register("a", "Use sk-proj-" + "a1B2" * 10)
    assert registry.list() == ()
    assert actions(store) == []


def test_a_changed_row_is_noticed(registry, store):
    registry.register("a", "x")
    changed = {"messages": [], "model": "", "settings": {}}
    with store.write() as connection:
        connection.execute(update(prompt_version).values(content=changed))
    with pytest.raises(StoreError, match="a@1 is damaged"):
        registry.get("a")


WRITER = """
import sys
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store
registry = PromptRegistry(Store.open(sys.argv[1]), actor=lambda: sys.argv[2])
for step in range(15):
    version = registry.register("a", f"text {step % 3} {{{{ q }}}}")
    print(version.number, version.digest, version.is_new)
"""


def test_two_processes_leave_no_gap_and_no_duplicate_and_know_who_won(registry, tmp_path):
    url = f"sqlite:///{tmp_path / 'llmops.db'}"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, who], stdout=subprocess.PIPE, text=True
        )
        for who in ("ada", "bob")
    ]
    told = {"ada": [], "bob": []}
    for who, writer in zip(told, writers, strict=True):
        output, _ = writer.communicate(timeout=120)
        assert writer.returncode == 0
        told[who] = [line.split() for line in output.splitlines()]
    versions = registry.versions("a")
    assert [v.number for v in versions] == list(range(1, len(versions) + 1))
    assert all(a.digest != b.digest for a, b in pairwise(versions))
    for who, lines in told.items():
        assert {int(n) for n, _, new in lines if new == "True"} == {
            v.number for v in versions if v.author == who
        }
        assert all(versions[int(n) - 1].digest == digest for n, digest, _ in lines)


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
