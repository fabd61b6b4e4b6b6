import base64
import os

import pytest

from llmops_magics.errors import RenderError
from llmops_magics.prompts.image import (
    MAX_IMAGE_BYTES,
    NO_FILES,
    check_address,
    check_image,
    data_address,
    read_image,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(content, kind):
    assert check_image(content, "x") == kind


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"PNG"])
def test_what_is_no_image_is_refused(content):
    with pytest.raises(RenderError, match="X is no image"):
        check_image(content, "X")


def test_an_image_has_a_largest_size():
    check_image(PNG.ljust(MAX_IMAGE_BYTES), "X")
    with pytest.raises(RenderError, match="over 10 MB"):
        check_image(PNG.ljust(MAX_IMAGE_BYTES + 1), "X")


@pytest.mark.parametrize("address", ["https://a.example/b.png?c=1", "http://a/b", DATA])
def test_an_address_passes_as_it_is(address):
    assert check_address(address) == address
    assert check_address(data_address(PNG, "X")) == DATA


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://a/b.png", "no address"),
        ("file:///etc/passwd", "no address"),
        ("javascript:alert(1)", "no address"),
        ("https://a b", "no address"),
        ("https://a/\x00", "no address"),
        ("https://", "no address"),
        ("https://a/" + "x" * 9000, "no address"),
        ("data:text/html;base64,AAAA", "no address"),
        ("data:image/svg+xml;base64,AAAA", "no address"),
        ("data:image/png,AAAA", "no address"),
        ("data:image/png;base64,A", "no valid base64"),
        ("data:image/png;base64,!!!!", "no valid base64"),
        ("data:image/png;base64,AAAA", "no image"),
        (DATA.replace("png", "gif"), "is image/png, not image/gif"),
        ("data:image/png;base64," + "A" * 14_000_000, "over 10 MB"),
    ],
)
def test_a_bad_address_is_refused(address, message):
    with pytest.raises(RenderError, match=message):
        check_address(address)


def test_a_file_is_read_from_inside_the_root(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "link.png").symlink_to("a.png")
    for path in ("a.png", "./x/../a.png", tmp_path / "a.png", "link.png"):
        (tmp_path / "x").mkdir(exist_ok=True)
        assert read_image(path, tmp_path) == PNG


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../outside.png", "outside the workspace"),
        ("out.png", "outside the workspace"),
        ("folder/outside.png", "outside the workspace"),
        ("/etc/hostname", "outside the workspace|is not there"),
        ("loop.png", "cannot be read"),
        ("missing.png", "is not there"),
        ("a\0.png", "cannot be read"),
        ("", "cannot be read|no regular file"),
        ("text.png", "is no image"),
        ("pipe.png", "no regular file"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_no_other_file_is_read(tmp_path, path, message):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.png").write_bytes(PNG)
    (root / "out.png").symlink_to(tmp_path / "outside.png")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop.png").symlink_to("loop.png")
    (root / "text.png").write_text("hello")
    os.mkfifo(root / "pipe.png")
    with pytest.raises(RenderError, match=message):
        read_image(path, root)


def test_a_file_that_is_too_large_is_refused(tmp_path):
    with (tmp_path / "a.png").open("wb") as stream:
        stream.write(PNG)
        stream.truncate(MAX_IMAGE_BYTES + 1)
    with pytest.raises(RenderError, match="over 10 MB"):
        read_image("a.png", tmp_path)


def test_without_a_workspace_no_artifact_is_read():
    with pytest.raises(RenderError, match="no workspace"):
        NO_FILES.load("sha256:0")


def test_a_link_that_is_made_while_an_image_is_opened_is_not_followed(tmp_path, monkeypatch):
    """The file is swapped for a link out of the folder just before it is opened."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.png").write_bytes(PNG)
    path = root / "a.png"
    path.write_bytes(PNG)
    opened = os.open

    def swap(target, *options):
        path.unlink()
        path.symlink_to(tmp_path / "outside.png")
        return opened(target, *options)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(RenderError, match="outside the workspace"):
        read_image("a.png", root)
