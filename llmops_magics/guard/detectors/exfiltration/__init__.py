"""Data on its way out: in an address that is fetched or clicked, or in what nobody sees.

- ``exfiltration.image`` and ``.link``: an address that carries data (a value of the text in it, a
  long or an encoded part, a slot to be filled), or whose host ``Context.allowed_hosts`` does not
  cover. An image is fetched as soon as it is shown, so any image of a foreign host counts in an
  output. In what a user, a document or a tool says, links to anywhere are normal: only addresses
  that carry data count there.
- ``exfiltration.base64``: a run that decodes to text, or is too long to be a name or a digest.
- ``exfiltration.zero-width``, ``.tag-characters``, ``.bidi``: characters that nobody sees, where
  the script or an emoji does not ask for them.
- ``exfiltration.homoglyph``: a word that mixes Latin letters with those of Cyrillic and others.

What is given away in plain words is for the detectors of personal data, secrets and canaries.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmops_magics.guard.detector import BOUNDARIES, Boundary, Context
from llmops_magics.guard.detectors.exfiltration import address, encoded, unseen
from llmops_magics.guard.detectors.report import (
    READ,
    Reporter,
    code_version,
    no_argument,
    settled,
)
from llmops_magics.guard.disguise import VERSION, TextView, views
from llmops_magics.guard.finding import Finding

_MODULES = ("address", "encoded", "markup", "unseen", "url")


class ExfiltrationDetector:
    """Looks at addresses, at encoded runs and at characters that nobody sees."""

    name = "exfiltration"
    boundaries: frozenset[Boundary] = frozenset(BOUNDARIES)

    def __init__(self) -> None:
        code = code_version(__name__, *(f"{__name__}.{module}" for module in _MODULES))
        self.version = f"{code}/{VERSION}"
        self._report = Reporter(detector=self.name, version=self.version)

    def scan(self, text: str, context: Context) -> Sequence[Finding]:
        """Return each place through which data may leave."""
        read = text[:READ]
        written = TextView(read)
        found = [*unseen.findings(written, self._report)]
        found += address.findings(views(read)[0], context, self._report)
        if context.boundary in {"output", "tool_call"}:
            found += encoded.findings(written, self._report)
        return (*settled(found), *self._report.unread(text))


def open_detector(argument: str) -> ExfiltrationDetector:
    """Return the detector; it takes no argument."""
    no_argument(ExfiltrationDetector.name, argument)
    return ExfiltrationDetector()
