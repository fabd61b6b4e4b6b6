import io
from base64 import b64encode

import pytest
from pictures import picture
from PIL import Image, PngImagePlugin

from llmops_magics.guard.survey.image_text import (
    decoded,
    text_beside,
    without_embedded_text,
    without_text,
)

SECRET = "sk-ant-planted-0123456789"


def png(**options):
    note = PngImagePlugin.PngInfo()
    note.add_text("plain", SECRET)
    note.add_text("packed", SECRET * 3, zip=True)
    note.add_itxt("wide", f"ü {SECRET}", zip=True)
    return picture("PNG", pnginfo=note, **options)


def jpeg():
    exif = Image.Exif()
    exif[0x9286] = f"ASCII\0\0\0{SECRET}"
    return picture("JPEG", comment=f"see {SECRET}".encode(), exif=exif)


def pixels(content):
    return Image.open(io.BytesIO(content)).convert("RGB").tobytes()


def test_every_text_chunk_of_a_png_is_read_packed_or_not():
    text = text_beside(png())
    assert text.count(SECRET) == 5
    assert f"ü {SECRET}" in text
    assert SECRET in text_beside(picture("PNG") + SECRET.encode())  # behind the end


def test_the_comment_and_exif_of_a_jpeg_are_read():
    assert text_beside(jpeg()).count(SECRET) >= 2


@pytest.mark.parametrize("content", [png(), jpeg()], ids=["png", "jpeg"])
def test_the_text_goes_and_the_picture_stays(content):
    bare = without_text(content)
    assert SECRET.encode() not in bare
    assert SECRET not in text_beside(bare)
    assert pixels(bare) == pixels(content)
    assert without_text(bare) == bare


def test_another_format_is_read_but_not_changed():
    gif = picture("GIF", comment=SECRET.encode())
    assert SECRET in text_beside(gif)
    assert without_text(gif) is None


@pytest.mark.parametrize("end", range(0, 200, 7))
def test_a_damaged_picture_harms_nothing(end):
    for content in (png()[:end], jpeg()[:end]):
        assert isinstance(text_beside(content), str)
        without_text(content)


def test_a_bomb_in_a_chunk_is_cut():
    note = PngImagePlugin.PngInfo()
    note.add_text("bomb", "x" * 20_000_000, zip=True)
    assert len(text_beside(picture("PNG", pnginfo=note))) < 1_100_000


def test_pictures_inside_a_text_lose_theirs():
    encoded = b64encode(png()).decode()
    text = f'<img src="data:image/png;base64,{encoded}"> and data:image/png;base64,!!'
    cleaned = without_embedded_text(text)
    inside = cleaned.partition("base64,")[2].partition('"')[0]
    assert SECRET not in text_beside(decoded(inside))
    assert cleaned.endswith("> and data:image/png;base64,!!")
    assert without_embedded_text("no picture") == "no picture"
