from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.encoding import decode

GERMAN = "Größe und Übermaß: 30 Tage Rückgabe, bitte prüfen."
FRENCH = "Café déjà vu, garçon à la crème brûlée. Ça va très bien aujourd'hui."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "cp1252"),
        (FRENCH, "cp1252"),
        ("naïve café", "cp1252"),
        ("Zażółć gęślą jaźń. Proszę zwrócić towar w ciągu trzydziestu dni.", "cp1250"),
        ("Приветствую вас в нашем магазине. Возврат в течение тридцати дней.", "cp1251"),
        ("日本語の文章です。返品は三十日以内にお願いします。", "shift_jis"),
        ("这是一个中文句子。请在三十天内退货。", "gb18030"),
    ],
)
def test_what_does_not_say_its_encoding_is_told_by_its_bytes(text, encoding):
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_at_the_start_decides(encoding):
    assert decode(GERMAN.encode(encoding)).text == GERMAN


def test_what_is_declared_or_given_comes_before_a_guess_and_after_utf8():
    short = "Łódź".encode("iso8859_2")
    assert decode(short, declared="iso-8859-2") == ("Łódź", "iso8859-2")
    assert decode(short, fallback="iso-8859-2") == ("Łódź", "iso8859-2")
    assert decode("Łódź".encode(), declared="iso-8859-2").encoding == "utf-8"
    assert decode(GERMAN.encode("cp1252"), declared="rot13").text == GERMAN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x7fELF\0\0\0", "binary"),
        (bytes(range(128, 256)) * 20, "in no encoding that can be told"),
        (b"\xff\xfeodd", "in no encoding that can be told"),
    ],
)
def test_what_is_no_text_is_refused(content, reason):
    with pytest.raises(RetrievalError, match=reason):
        decode(content)
