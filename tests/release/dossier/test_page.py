import nbformat
import pytest
from bs4 import BeautifulSoup

from llmops_magics.release.dossier.page import clean, to_page

TABLE = (
    '<table style="border-collapse: collapse"><caption>Cases</caption><thead><tr>'
    '<th scope="col">case</th></tr></thead>'
    '<tbody><tr><td style="color: red">c1</td></tr></tbody></table>'
    '<details open=""><summary>answer</summary><meter max="1" value="0.5"></meter></details>'
)


def page_of(*outputs, markdown="# Title"):
    data = [nbformat.v4.new_output("display_data", data=dict([output])) for output in outputs]
    cells = [nbformat.v4.new_markdown_cell(markdown), nbformat.v4.new_code_cell("1", outputs=data)]
    return to_page(nbformat.v4.new_notebook(cells=cells), "gate <1>")


def test_our_tables_survive_as_written():
    shown = clean(TABLE)
    for piece in ("<caption>", 'scope="col"', "color: red", "<details open", "<summary>", "<meter"):
        assert piece in shown
    assert "&lt;" not in shown


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>">x</a>',
        '<iframe src="https://example.org"></iframe>',
        '<img src="https://example.org/pixel.png">',
        '<p onclick="alert(1)">x</p>',
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
    ],
)
@pytest.mark.parametrize("place", ["html", "output-markdown", "markdown"])
def test_attacks_are_text_everywhere(attack, place):
    markdown = attack if place == "markdown" else "# Title"
    mime_type = "text/html" if place == "html" else "text/markdown"
    soup = BeautifulSoup(page_of((mime_type, attack), markdown=markdown), "html.parser")
    body = soup.find("main").find_all(True)
    assert not {tag.name for tag in body} & {"script", "iframe", "meta"}
    assert not [name for tag in body for name in tag.attrs if name.startswith("on")]
    links = [tag.get("href") or tag.get("src") or "#" for tag in body]
    assert set(links) == {"#"}


def test_page_needs_no_network_and_runs_no_script():
    page = page_of(("text/html", TABLE))
    assert "<script" not in page
    assert "cdnjs" not in page
    assert "default-src 'none'" in page
    assert "<h1" in page
    assert "gate &lt;1&gt;" in page
