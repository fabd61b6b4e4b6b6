"""Scans of texts that were seen before: a conversation sends its whole past with every call.

What a detector could not look at is never remembered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from llmops_magics.guard.detector import Context
from llmops_magics.guard.scan import TextScan, scan_texts
from llmops_magics.storage.fork import renew_in_child

MOST_TEXTS: Final = 4_096
MOST_CHARACTERS: Final = 8_000_000
LONGEST_TEXT: Final = 100_000


class RememberedScans:
    """Scans with fixed detectors; each text is scanned once a context while it is remembered."""

    def __init__(self, specs: Sequence[str]) -> None:
        self._specs = tuple(specs)
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with nothing and a free lock: in a forked child too."""
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Context, str], TextScan] = OrderedDict()
        self._characters = 0

    def scan(self, texts: Sequence[str], context: Context) -> list[TextScan]:
        """Return a scan a text; equal ones are scanned once."""
        with self._lock:
            found = {text: self._known.get((context, text)) for text in texts}
        new = [text for text, scan in found.items() if scan is None]
        made = scan_texts(new, self._specs, context) if new else []
        scans = {text: scan for text, scan in found.items() if scan is not None}
        scans |= dict(zip(new, made, strict=True))
        with self._lock:
            for text in found:
                self._keep((context, text), scans[text])
        return [scans[text] for text in texts]

    def knows(self, text: str, context: Context) -> bool:
        """Tell whether a text was scanned before, as far as that is remembered."""
        with self._lock:
            return (context, text) in self._known

    def _keep(self, key: tuple[Context, str], scan: TextScan) -> None:
        if scan.errors or len(key[1]) > LONGEST_TEXT:
            return
        if key not in self._known:
            self._characters += len(key[1])
        self._known[key] = scan
        self._known.move_to_end(key)
        while len(self._known) > MOST_TEXTS or self._characters > MOST_CHARACTERS:
            (_, oldest), _ = self._known.popitem(last=False)
            self._characters -= len(oldest)
