"""What each kind of file becomes, and why one is not read."""

from __future__ import annotations

import importlib
import time
from datetime import UTC, datetime

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus import loader
from llmops_magics.retrieval.corpus.file import SourceFile
from llmops_magics.retrieval.corpus.loader import load_file
from llmops_magics.retrieval.corpus.text import split_front_matter


@pytest.fixture
def load(docs):
    def run(name, content, **options):
        path = docs / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (row,) = load_file(SourceFile(path=path, id=name, **{"max_bytes": 100_000, **options}))
        return row

    return run


def test_markdown_keeps_its_text_and_its_front_matter_is_metadata(load):
    row = load("a.md", "---\ntitle: Returns\nowner: ada\ndate: 2026-01-02\n---\n# Head\n\n`x` 1\n")
    assert (row["title"], row["text"]) == ("Returns", "# Head\n\n`x` 1\n")
    assert set(row["metadata"]) == {"owner", "date"}
    assert row["source"] == row["id"] == "a.md"


def test_the_first_heading_is_the_title_and_one_in_code_is_not(load):
    assert load("a.md", "```sh\n# no\n```\n\n# Returns #\ntext")["title"] == "Returns"
    assert load("b.md", "text\n## two\n")["title"] == ""


@pytest.mark.parametrize(
    "text", ["---\nnot closed", "--- x\n---\ntext", "---\n- a\n---\ntext", "---\na: [\n---\ntext"]
)
def test_what_is_no_front_matter_is_text(load, text):
    assert load("a.md", text)["text"] == text


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: HR: pay\ngroups: [hr]\n---\nsecret",
        "---\n- groups: [hr]\n---\nsecret",
        "---\ngroups: [hr]\nnever closed\n\nsecret",
        f"---\ngroups: [hr]\nmore: {'x' * 70_000}\n---\nsecret",
    ],
)
def test_front_matter_that_names_groups_and_cannot_be_read_is_not_for_everybody(load, text):
    with pytest.raises(RetrievalError, match="names groups"):
        load("a.md", text)


def test_a_heading_or_page_full_of_blanks_takes_no_time(load):
    began = time.process_time()
    assert load("a.md", f"# a{' ' * 19_000}x\n")["title"].startswith("a ")
    load("a.html", f"<p>x{'<i> </i>' * 11_000}y</p>")
    assert time.process_time() - began < 3


def test_front_matter_with_aliases_is_refused(load):
    with pytest.raises(RetrievalError, match="YAML aliases"):
        load("a.md", "---\na: &a [x]\nb: [*a, *a]\n---\ntext")


def test_a_page_becomes_its_text(load):
    page = (
        "<!doctype html><html><head><title> Returns &amp;\n more</title><style>p{}</style></head>"
        "<body><!-- hidden --><h1>How to</h1><p>Send <b>it</b> back<br>soon.<script>steal()"
        "</script><ul><li>one<li>two</ul><pre>a  b\n  c</pre><table><tr><td>1<td>2</table>"
    )
    row = load("a.html", page)
    assert row["title"] == "Returns & more"
    assert row["text"].split("\n\n") == ["How to", "Send it back\nsoon.", "one\ntwo", "a  b\n  c",
                                         "1 2"]  # fmt: skip


def test_a_page_says_its_encoding(load):
    page = '<meta charset="iso-8859-2"><p>Łódź'.encode("iso8859_2")
    assert (load("a.htm", page)["text"], load("a.htm", page)["encoding"]) == ("Łódź", "iso8859-2")


def test_a_page_may_nest_deep(load):
    assert load("a.html", "<div>" * 15_000 + "deep")["text"] == "deep"


def test_a_page_has_a_limit_of_its_own(load):
    with pytest.raises(RetrievalError, match="a page over 10 MB"):
        load("a.html", b"<p>" * 3_400_000, max_bytes=64_000_000)


def test_a_page_without_text_is_skipped(load):
    with pytest.raises(RetrievalError, match=r"^no text$"):
        load("a.html", "<script>alert(1)</script>")


def test_a_pdf_says_where_its_pages_begin(load, make_pdf):
    pdf = make_pdf(b"BT /F1 12 Tf 10 10 Td (First page) Tj ET", b"BT /F1 12 Tf (Second) Tj ET")
    row = load("a.pdf", pdf)
    assert row["text"] == "First page\n\nSecond"
    assert row["metadata"] == {"pages": 2, "page_starts": [0, 12]}


def encrypted(pdf, password):
    import io

    from pypdf import PdfReader, PdfWriter

    writer, made = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf))), io.BytesIO()
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    writer.write(made)
    return made.getvalue()


def test_a_pdf_with_a_password_is_skipped_and_one_without_is_read(load, make_pdf):
    pdf = make_pdf(b"BT /F1 12 Tf (Open) Tj ET")
    assert load("a.pdf", encrypted(pdf, ""))["text"] == "Open"
    with pytest.raises(RetrievalError, match="an encrypted PDF"):
        load("a.pdf", encrypted(pdf, "secret"))


def test_a_scan_has_no_text(load, make_pdf):
    with pytest.raises(RetrievalError, match="PDF without text"):
        load("a.pdf", make_pdf(b"0 0 10 10 re f"))


def test_a_damaged_pdf_is_skipped(load):
    with pytest.raises(RetrievalError, match="a damaged PDF"):
        load("a.pdf", b"%PDF-1.4\nnothing")


def test_a_pdf_that_unpacks_to_too_much_is_skipped(load, make_pdf):
    bomb = make_pdf(b"BT (" + b"x" * 60_000_000 + b") Tj ET", packed=True)
    assert len(bomb) < 100_000
    with pytest.raises(RetrievalError, match="unpacks to more"):
        load("a.pdf", bomb)


def test_the_text_of_all_pages_is_limited(load, make_pdf):
    page = b"BT /F1 12 Tf (" + b"word " * 8_000 + b") Tj ET"
    with pytest.raises(RetrievalError, match="over 0 MB"):
        load("a.pdf", make_pdf(*[page] * 4, packed=True))


def test_a_file_over_the_limit_is_not_read(load):
    with pytest.raises(RetrievalError, match=r"over 1 MB \(retrieval.max_document_mb\)"):
        load("a.txt", b"x" * 1_000_001, max_bytes=1_000_000)


def test_the_time_is_that_of_the_file(load):
    assert abs(load("a.txt", "x")["updated_at"] - datetime.now(UTC)).total_seconds() < 60


DISTRIBUTION = "[llmops_magics.loaders]\nrows = acme_rows:load\nbad = acme_rows:fail\n"
MODULE = """
def load(file):
    content, changed_at = file.read()
    for line in content.decode().splitlines():
        yield {"text": line, "updated_at": changed_at}

def fail(file):
    raise KeyError("page")
"""


def test_a_package_may_bring_a_loader(docs, tmp_path, monkeypatch):
    package = tmp_path / "site"
    info = package / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(DISTRIBUTION)
    (package / "acme_rows.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(package))
    importlib.invalidate_caches()
    loader._installed.cache_clear()
    (docs / "a.rows").write_text("one\ntwo")
    rows = load_file(SourceFile(path=docs / "a.rows", id="a.rows", max_bytes=100))
    assert [(row["id"], row["text"]) for row in rows] == [("a.rows#1", "one"), ("a.rows#2", "two")]
    (docs / "a.bad").write_text("x")
    with pytest.raises(RetrievalError, match="its loader failed: KeyError"):
        load_file(SourceFile(path=docs / "a.bad", id="a.bad", max_bytes=100))
    loader._installed.cache_clear()


@pytest.mark.parametrize("name", ["groups", "Groups", "GROUPS", " groups "])
def test_groups_count_however_they_are_cased(name):
    from llmops_magics.retrieval.document import load_documents

    (document,) = load_documents([{"id": "a", "text": "pay", name: ["hr"]}])
    assert (document.groups, document.metadata) == (("hr",), {})
    head, _ = split_front_matter(f"---\n{name.strip()}: [hr]\n---\npay")
    assert head == {"groups": ["hr"]}
