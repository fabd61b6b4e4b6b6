from pathlib import PurePosixPath

import pytest

from llmops_magics.errors import PromptError
from llmops_magics.prompts.export import export_all, export_prompt
from llmops_magics.prompts.image import read_image
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.registry import PromptRegistry

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def registry(store, tmp_path):
    references = Lookup(
        version=lambda reference: registry.get(reference),  # noqa: PLW0108 - not there yet
        image=lambda path: store.artifacts.put(read_image(path, tmp_path)),
    )
    registry = PromptRegistry(store, actor=lambda: "ada", references=references)
    return registry


@pytest.mark.parametrize("image", [".git/hooks/x.png", "CON.png", "img/aux.png"])
def test_an_image_of_an_odd_name_is_not_written(registry, tmp_path, image):
    (tmp_path / image).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / image).write_bytes(PNG)
    registry.register("a", f'{{{{ image("{image}") }}}}')
    with pytest.raises(PromptError, match="cannot be exported"):
        export_prompt(registry, "a", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_everything_is_looked_at_before_the_first_file_is_written(registry, tmp_path):
    for name in ("a", "b"):
        registry.register(name, f"text of {name}")
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.prompty").write_text("mine")
    with pytest.raises(PromptError, match="is there already"):
        export_all(registry, out)
    assert [path.name for path in out.iterdir()] == ["b.prompty"]


def test_an_archived_prompt_is_left_out(registry, tmp_path):
    registry.register("a", "A")
    registry.register("b", "B")
    registry.archive("a")
    written = export_all(registry, tmp_path / "out")
    assert [PurePosixPath(file.path).name for file in written.files] == ["b.prompty"]
