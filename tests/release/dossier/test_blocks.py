import random

from llmops_magics.release.dossier.blocks import block_digests, first_wrong

CONTENT = bytes(range(256)) * 10  # 2560 bytes: two blocks and a half
DIGESTS = block_digests(CONTENT)


def wrong(content):
    return first_wrong(content, DIGESTS, len(CONTENT))


def test_what_is_the_same_has_no_wrong_byte():
    assert wrong(CONTENT) is None
    assert len(DIGESTS) == 3
    assert first_wrong(b"", [], 0) is None


def test_a_single_changed_byte_is_named_with_what_it_was():
    random.seed(1)
    for place in (0, 1023, 1024, 2559, *random.sample(range(2560), 5)):
        changed = bytearray(CONTENT)
        changed[place] ^= random.randrange(1, 256)
        found = wrong(bytes(changed))
        assert (found.offset, found.until) == (place, None)
        assert found.what == f"it is 0x{changed[place]:02x} and was 0x{CONTENT[place]:02x}"


def test_two_changed_bytes_are_in_their_block():
    changed = bytearray(CONTENT)
    changed[1100] ^= 1
    changed[1200] ^= 1
    assert wrong(bytes(changed))[:2] == (1024, 2048)


def test_the_first_of_two_changed_blocks_is_named():
    changed = bytearray(CONTENT)
    changed[2000] ^= 4
    changed[300] ^= 4
    assert wrong(bytes(changed)).offset == 300


def test_a_file_that_was_cut_or_grew():
    assert wrong(CONTENT[:1024])[:2] == (1024, None)
    assert wrong(CONTENT[:2000])[:2] == (1024, 2001)
    assert wrong(b"")[:2] == (0, None)
    assert wrong(CONTENT + b"x")[:2] == (2560, None)
    assert "1 byte was added" in wrong(CONTENT + b"x").what
