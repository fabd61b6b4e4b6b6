"""What holds of every prompt and every history, tried on generated ones."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from llmops_magics.errors import PromptError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.prompty import to_prompty
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.transfer import export_all, import_path
from llmops_magics.record import digest
from llmops_magics.storage.store import Store

TRIES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Words that YAML, Jinja, dedenting or the splitting into messages could take for something else.
NASTY = [
    "user:", "System :", "---", "+++", "- x", "# y", "no", "on", "null", "~", "1.0", "0o7", "1e3",
    "2024-01-01", "<<", "=", "&a", "*a", "!t", "'", '"', "\\", "\t", " ", "  ", "\n", "\n\n", ": ",
    "| ", "> ", "%", "@", "`", "{", "}", "[", "é", "\u0085", "\u2028", "\u00a0", "\ufeff", "🙂",
]  # fmt: skip
text = st.lists(st.sampled_from(NASTY) | st.text("ab \n:-é", max_size=6), max_size=8).map("".join)
words = st.lists(st.sampled_from(["a", "b", "cd", "é", "no", "1"]), min_size=1, max_size=4).map(
    " ".join
)
names = st.sampled_from(["q", "tone", "on", "n"])
number = st.sampled_from([0, 0.0, 0.5, 1, 1.0])
json_leaf = st.none() | st.booleans() | st.integers(-9, 9) | number | text
json_value = st.recursive(
    json_leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
tool = st.builds(
    lambda name, description, properties: {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {key: {"type": "string", "description": d} for key, d in properties},
            },
        },
    },
    st.sampled_from(["find", "get_page"]),
    text,
    st.lists(st.tuples(names, text), max_size=2, unique_by=lambda pair: pair[0]),
)
model_settings = st.fixed_dictionaries(
    {},
    optional={
        "temperature": number,
        "seed": st.integers(0, 9),
        "stop": text.filter(bool),
        "tools": st.lists(tool, min_size=1, max_size=1),
        "response_format": st.just({"type": "json_object"}),
    },
)
inputs = st.fixed_dictionaries(
    {name: st.fixed_dictionaries({"type": st.just("string")}, optional={"description": text,
     "default": text}) for name in ("q", "tone", "on", "n")}
)  # fmt: skip
example = st.fixed_dictionaries({"q": text, "expected": json_leaf})


def raw(content):
    """A template that says a text as it is."""
    return "{% raw %}" + content + "{% endraw %}"


body = st.lists(text.map(raw) | names.map(lambda n: "{{ " + n + " }}"), min_size=1, max_size=3)
message = st.tuples(st.sampled_from(["system", "user", "assistant"]), body.map("\n".join))


@st.composite
def prompts(draw, include=""):
    """The text of a prompt, as someone might write it."""
    import yaml

    last = draw(body.map("\n".join)) + include
    messages = [*draw(st.lists(message, max_size=3)), ("user", last)]
    declared = draw(st.none() | inputs)
    head = {
        "description": draw(text),
        "model": draw(st.sampled_from(["", "openai/gpt-4.1-mini", "acme/x"])),
        "settings": draw(model_settings),
        "tags": draw(st.lists(st.sampled_from(["x", "y"]), unique=True)),
    }
    if declared is not None:
        head["inputs"] = declared
        head["sample"] = draw(st.fixed_dictionaries({}, optional={"q": text}))
    if draw(st.booleans()):
        head["examples"] = {
            "cases": draw(st.lists(example, min_size=1, max_size=3)),
            "user": "{{ q }}" + draw(text.map(raw)),
        }
    lines = yaml.safe_dump(head, allow_unicode=True, sort_keys=draw(st.booleans()))
    indent = draw(st.sampled_from(["", "  "]))
    said = "\n".join(f"{role}:\n{indent}" + c.replace("\n", "\n" + indent) for role, c in messages)
    return f"---\n{lines}---\n{said}\n"


def register(registry, name, source, **options):
    try:
        return registry.register(name, source, **options)
    except PromptError:  # such as a role line in the middle of a raw block
        assume(False)


@pytest.fixture(scope="module")
def stores():
    """``stores()`` gives a registry of a new, empty store: a copy of one that was migrated."""
    folder = Path(tempfile.mkdtemp())
    Store.open(f"sqlite:///{folder / 'empty.db'}").close()
    opened = []

    def make():
        path = folder / f"{len(opened)}.db"
        shutil.copy(folder / "empty.db", path)
        opened.append(Store.open(f"sqlite:///{path}"))
        return PromptRegistry(opened[-1], actor=lambda: "ada")

    yield make
    for store in opened:
        store.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def registry(stores):
    return stores()


@TRIES
@given(source=prompts(), description=words, value=st.sampled_from([0, 1]))
def test_the_same_content_has_the_same_digest(registry, source, description, value):
    one = register(registry, "one", source, settings={"temperature": value, "seed": 3})
    changed = source.replace("---\n", f"---\nauthors: [{description!r}]\n", 1)
    two = register(
        registry, "two", changed, settings={"seed": 3.0, "temperature": float(value)}, message="why"
    )
    assert two.digest == one.digest == PromptContent.of(one).digest
    assert registry.get(f"two@{one.digest}").messages == one.messages


@TRIES
@given(source=prompts())
def test_a_version_and_its_file_have_the_same_digest(registry, source):
    version = register(registry, "a", source)
    written = to_prompty(version)
    again = registry.preview("b", written)
    assert again.digest == version.digest
    assert (again.sample, again.description) == (version.sample, version.description)
    assert parse(written).tags == tuple(version.tags)


@settings(TRIES, max_examples=15)
@given(
    included=st.lists(body.map("\n".join), min_size=2, max_size=2, unique=True),
    including=prompts(include='\n{% include "policy" %}\n{% include "deep/policy" %}'),
    other=prompts(),
)
def test_an_export_and_its_import_are_the_identity(stores, included, including, other):
    here, there = stores(), stores()
    register(here, "policy", included[0])
    register(here, "deep/policy", '{% include "policy" %}\n{{ q }}')
    register(here, "support/answer", including)
    register(here, "policy", included[1])
    register(here, "con", other)
    with tempfile.TemporaryDirectory() as folder:
        export_all(here, folder)
        import_path(there, folder)
        assert not any(file.is_new for file in import_path(there, folder).files)
    assert {n: there.get(n).digest for n in there.names()} == {
        n: here.get(n).digest for n in here.names()
    }


class History(RuleBasedStateMachine):
    """Any order of changes by any number of registries of one store."""

    made = None
    versions = Bundle("versions")

    @initialize()
    def begin(self):
        self.registry = type(self).made()
        self.rows = {}
        self.pointers = {}
        self.archived = set()

    @rule(
        target=versions,
        name=st.sampled_from(["a", "b"]),
        content=st.sampled_from(["x", "y", "z {{ q }}"]),
    )
    def register(self, name, content):
        before = self.count(name)
        if name in self.archived:
            with pytest.raises(PromptError, match="archived"):
                self.registry.register(name, content)
            return f"{name}@1"
        version = self.registry.register(name, content)
        assert version.number == before + version.is_new
        return version.ref

    @rule(version=versions, label=st.sampled_from(["candidate", "mine"]))
    def label(self, version, label):
        name, number = version.split("@")
        if name in self.archived:
            with pytest.raises(PromptError, match="archived"):
                self.registry.label(version, label)
            return
        self.registry.label(version, label)
        self.pointers[name, label] = int(number)

    @precondition(lambda self: self.pointers)
    @rule(data=st.data())
    def roll_back_and_forward(self, data):
        name, label = data.draw(st.sampled_from(sorted(self.pointers)))
        try:
            back = self.registry.rollback(name, label)
        except PromptError:  # there is nothing below, or it is archived
            return
        assert back.before == self.pointers[name, label]
        forward = self.registry.rollback(name, label, forward=True)
        assert (forward.before, forward.after) == (back.after, back.before)

    @precondition(lambda self: self.pointers)
    @rule(data=st.data())
    def roll_back(self, data):
        name, label = data.draw(st.sampled_from(sorted(self.pointers)))
        try:
            self.pointers[name, label] = self.registry.rollback(name, label).after
        except PromptError:
            return

    @rule(version=versions, value=st.sampled_from(["1", "2"]))
    def tag(self, version, value):
        name = version.split("@")[0]
        if name not in self.archived:
            newest = self.registry.get(name)
            tagged = self.registry.register(name, newest.source, tags={"k": value})
            assert (tagged.ref, tagged.tags["k"]) == (newest.ref, value)

    @precondition(lambda self: self.rows)
    @rule(name=st.sampled_from(["a", "b"]))
    def archive_or_restore(self, name):
        if self.count(name):
            self.registry.archive(name, restore=name in self.archived, reason="why")
            self.archived ^= {name}

    @invariant()
    def nothing_written_ever_changes(self):
        for name in ("a", "b"):
            if self.count(name) == 0:
                continue
            versions = self.registry.versions(name)
            assert [v.number for v in versions] == list(range(1, len(versions) + 1))
            for version in versions:
                content = PromptContent.of(version)
                kept = (version.digest, version.source, version.created_at, version.message)
                assert self.rows.setdefault(version.ref, kept) == kept
                assert digest(content.to_json()) == version.digest

    @invariant()
    def every_label_points_where_it_was_put(self):
        for (name, label), number in self.pointers.items():
            assert self.registry.get(f"{name}@{label}").number == number

    def count(self, name):
        """Return how many versions a prompt has, archived or not."""
        listed = {p.name: p.number for p in self.registry.list(archived=True).prompts}
        return listed.get(name, 0)


def test_history_is_never_rewritten(stores):
    History.made = staticmethod(stores)
    run_state_machine_as_test(
        History,
        settings=settings(TRIES, max_examples=25, stateful_step_count=25),
    )
