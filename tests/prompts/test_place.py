import os
from pathlib import PurePosixPath

import pytest

from llmops_magics.errors import PromptError, PromptReferenceError
from llmops_magics.prompts.place import (
    image_place,
    inside,
    is_inside,
    name_at,
    number_at,
    place_of,
    read_limited,
)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a", "a.prompty"),
        ("support/answer", "support/answer.prompty"),
        ("con", "~con.prompty"),
        ("aux/com1.x/lpt", "~aux/~com1.x/lpt.prompty"),
        ("a./b", "a.~/b.prompty"),
        ("a.prompty/b", "a.prompty~/b.prompty"),
        ("a.prompty", "a.prompty~.prompty"),
    ],
)
def test_a_name_has_its_place_and_back(name, place):
    assert str(place_of(name)) == place
    assert name_at(PurePosixPath(place)) == name
    old = place_of(name, 12)
    assert (name_at(old), number_at(old, name), number_at(place_of(name), name)) == (name, 12, 0)


@pytest.mark.parametrize(
    "place", ["My Prompt.prompty", "x/.prompty", "~.prompty", "a/../b.prompty"]
)
def test_a_place_that_is_no_name_says_what_to_do(place):
    with pytest.raises(PromptReferenceError, match="Write `name: support/answer`"):
        name_at(PurePosixPath(place))


def test_an_image_stands_below_the_prompts_folder():
    file = PurePosixPath("support/answer.prompty")
    assert str(image_place(file, "img/Plan 1.png")) == "support/img/Plan 1.png"


@pytest.mark.parametrize(
    "image",
    ["../x.png", "/etc/x.png", "a/../../x.png", "..\\x.png", "C:\\x.png", "C:x.png", "\\x", " ",
     "b.Prompty", "CON.png", "img/nul.png", "a/com1 .png", ".git/x.png", "img/.x.png",
     "img\\.git\\x.png", "a./x.png", "x.png ", "img/x:y.png", "b.prompty/x.png", ""],
)  # fmt: skip
def test_an_image_that_leads_away_is_refused(image):
    with pytest.raises(PromptError, match="cannot be exported"):
        image_place(PurePosixPath("a.prompty"), image)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "in").symlink_to(folder)
    assert inside(folder, PurePosixPath("in/a")) == folder.resolve() / "a"
    for part in ("link", "loop"):
        with pytest.raises(PromptError, match=r"lies outside|cannot be reached"):
            inside(folder, PurePosixPath(part, "a.prompty"))


def test_only_a_regular_file_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    assert read_limited(tmp_path / "file", 3) == b"1234"
    for name, reason in {
        "pipe": "no regular file",
        "none": "No such file",
        ".": "director",
    }.items():
        with pytest.raises(PromptError, match=reason):
            read_limited(tmp_path / name, 3)


def test_a_file_outside_the_folder_is_not_read(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside").write_bytes(b"secret")
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "file").write_bytes(b"12345")
    (folder / "inner").symlink_to("file")
    assert read_limited(folder / "inner", 9, folder) == b"12345"
    with pytest.raises(PromptError, match="lies outside"):
        read_limited(folder / "link", 9, folder)


def test_a_link_that_takes_the_place_of_an_open_file_is_noticed(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside").write_bytes(b"secret")
    path = folder / "file"
    path.symlink_to(tmp_path / "outside")
    with path.open("rb") as stream:  # opened through the link, which is gone when it is looked at
        path.unlink()
        path.write_bytes(b"harmless")
        assert not is_inside(stream.fileno(), path, folder)
    with path.open("rb") as stream:
        assert is_inside(stream.fileno(), path, folder)
