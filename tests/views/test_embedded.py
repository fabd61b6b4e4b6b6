from __future__ import annotations

import time

from llmops_magics.views.embedded import image_words, size, without_data

PNG = "data:image/png;base64," + "AAAA" * 4000


def test_an_embedded_image_is_type_and_size():
    assert image_words(PNG) == "image/png, 12 kB"
    assert without_data(f"see {PNG} and") == "see ⟨image/png, 12 kB⟩ and"


def test_an_address_stays_and_is_cut():
    assert image_words("https://example.org/a.png") == "https://example.org/a.png"
    assert len(image_words("https://example.org/" + "a" * 5000)) == 300


def test_other_data_addresses_are_not_shown():
    assert image_words("data:text/html,<script>") == "text/html, 23 characters"


def test_sizes():
    assert [size(n) for n in (12, 11_600, 3_400_000)] == ["12 B", "12 kB", "3.4 MB"]


def test_many_beginnings_take_no_time():
    begun = time.process_time()
    without_data("data:image/png;base64;" * 20_000)
    assert time.process_time() - begun < 10
