"""What the prompts of a workspace need of the layers beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.prompts.image import ImageReader, read_image
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.record import digest_bytes

if TYPE_CHECKING:
    from llmops_magics.datasets.case import Case
    from llmops_magics.datasets.registry import DatasetRegistry
    from llmops_magics.evals.attribution.measure import Measurer
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.storage.store import Store

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the prompts need of a workspace; each part is made when it is first asked for."""

    root: Path
    store: Callable[[], Store]
    datasets: Callable[[], DatasetRegistry]
    client: Callable[[], ModelClient]
    model_of: Callable[[PromptVersion, str], str]
    measurer: Callable[[Progress | None], Measurer]  # evaluates, stored runs first
    redacted: Callable[[], bool]  # whether what is shown is masked

    @property
    def images(self) -> ImageReader:
        """Where templates find images: pinned ones in the store, others below the root."""
        return ImageReader(load=self.store().artifacts.get, root=self.root)

    def references(self, version: Callable[[str], PromptVersion], *, is_kept: bool) -> Lookup:
        """Return where a prompt's references lead; with ``is_kept`` what they name is stored."""

        def cases(reference: str) -> tuple[str, Sequence[Case]]:
            datasets = self.datasets()
            dataset = datasets.resolve(reference) if is_kept else datasets.read(reference)
            return f"{dataset.name}@{dataset.digest}", dataset.cases

        def image(path: str) -> str:
            content = read_image(path, self.root)
            return self.store().artifacts.put(content) if is_kept else digest_bytes(content)

        return Lookup(version=version, cases=cases, image=image)
