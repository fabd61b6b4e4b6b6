"""The same on a real Chroma server, and what happens when it goes away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.index.place import ServerPlace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("error:legacy embedding function"),
]


@pytest.fixture
def served(cached, chroma_server):
    return replace(cached, server=chroma_server.url)


def test_an_index_on_a_server_is_built_refreshed_reverted_and_dropped(served, numbered, embedder):
    one = served.build("many", numbered(20))
    assert (one.server, served.status("many").store_chunks) == (served.server, 20)
    embedder.embedded = 0
    change = served.change("many", numbered(20, d3="blue", d4=""))
    assert (change.way, change.embedded, change.reused) == ("written", 1, 18)
    assert embedder.embedded == 1
    assert served.retrieve("many", ["blue"], k=1)[0][0].document_id == "d3"
    assert served.verify("many").is_sound
    assert served.revert("many").manifest.collection == one.collection
    assert len(served.retrieve("many", ["red"], k=30)[0]) == 20
    served.drop("many")
    with served.builder.place.open(one.collection) as collection:
        assert collection is None


def test_the_filter_goes_to_the_server(served, numbered):
    documents = numbered(20)
    hidden = [replace(each, groups=("staff",)) for each in documents[:15]]
    served.build("access", [*hidden, *documents[15:]])
    assert len(served.retrieve("access", ["red"], k=10)[0]) == 5
    staff = Principal.of("eve", ["staff"])
    assert len(served.retrieve("access", ["red"], k=10, principal=staff)[0]) == 10


def test_an_index_moves_to_a_server_with_its_vectors(cached, served, numbered, embedder):
    local = cached.build("moving", numbered(20))
    embedder.embedded = 0
    moved = served.change("moving", numbered(20))
    assert (moved.manifest.fingerprint, moved.manifest.server) == (
        local.fingerprint,
        served.server,
    )
    assert embedder.embedded == 0
    assert served.revert("moving").manifest.server == ""
    assert len(served.retrieve("moving", ["red"], k=30)[0]) == 20


def test_a_server_that_goes_away_gives_a_clean_error_and_the_build_goes_on_later(
    cached, own_server, numbered, embedder
):
    served = replace(cached, server=own_server.url)
    old = served.build("many", numbered(20))
    embed = embedder.embed

    def embed_and_stop(texts):
        own_server.stop()
        return embed(texts)

    embedder.embed = embed_and_stop
    with pytest.raises(RetrievalError, match=r"does not answer.*what was embedded is kept"):
        served.build("many", numbered(20, d3="blue"))
    embedder.embed = embed
    with pytest.raises(RetrievalError, match="does not answer"):
        served.retrieve("many", ["red"])
    own_server.start()
    assert served.manifest("many") == old
    assert len(served.retrieve("many", ["red"], k=30)[0]) == 20
    embedder.embedded = 0
    assert served.change("many", numbered(20, d3="blue")).embedded == 0
    assert embedder.embedded == 0
    assert served.verify("many").is_sound


def test_nothing_listens(registry, numbered):
    nowhere = replace(registry, server="http://127.0.0.1:9")
    with pytest.raises(RetrievalError, match=r"127\.0\.0\.1:9 does not answer"):
        nowhere.build("many", numbered(3))
    with pytest.raises(RetrievalError, match="no address of a Chroma server"):
        replace(registry, server="chroma:8000").build("many", numbered(3))


@pytest.mark.parametrize(
    "url",
    [
        "http://ada:hunter2@h:8000",
        "http://h:99999",
        "http://",
        "http://h?token=hunter2",
        "file:///",
    ],
)
def test_an_address_holds_no_secret_and_no_nonsense(url):
    with pytest.raises(RetrievalError, match="no address of a Chroma server") as caught:
        ServerPlace(url)
    assert "ada:" not in caught.value.message
