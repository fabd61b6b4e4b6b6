"""The tree of RFC 6962: its published test vectors, and proofs for every leaf of small trees."""

from __future__ import annotations

import pytest

from llmops_magics.retrieval.corpus import merkle

# The leaves and roots of the reference implementation (certificate-transparency, merkletree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_roots_are_those_of_the_standard():
    assert merkle.root([]) == EMPTY
    for size, root in enumerate(ROOTS, 1):
        assert merkle.root(LEAVES[:size]) == f"sha256:{root}"


@pytest.mark.parametrize("size", [*range(1, 18), 100])
def test_every_leaf_is_proved_and_no_other_content_or_place_is(size):
    leaves = [bytes([n]) for n in range(size)]
    root = merkle.root(leaves)
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        assert len(proof) <= (size - 1).bit_length()
        assert merkle.verify(leaves[index], index, size, proof, root)
        assert not merkle.verify(b"other", index, size, proof, root)
        assert not merkle.verify(leaves[index], index + 1, size, proof, root)
        assert not merkle.verify(leaves[index], index, size, (*proof, root), root)
        assert size == 1 or not merkle.verify(leaves[index], index, size, proof[1:], root)


def test_a_proof_that_is_no_digest_proves_nothing():
    leaves = [b"a", b"b"]
    assert not merkle.verify(b"a", 0, 2, ("sha256:zz",), merkle.root(leaves))
    assert not merkle.verify(b"a", 0, 0, (), merkle.root(leaves))
    with pytest.raises(IndexError):
        merkle.inclusion_proof(leaves, 2)


def test_a_node_is_never_taken_for_a_leaf():
    one, two = (merkle._hash(b"\x00", leaf) for leaf in (b"a", b"b"))
    assert merkle.root([one + two]) != merkle.root([b"a", b"b"])


def test_leaves_are_sorted_by_id():
    assert merkle.leaves([("b", "2"), ("a", "1")]) == [b'["a","1"]', b'["b","2"]']
