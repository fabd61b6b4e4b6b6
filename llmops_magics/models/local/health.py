"""Whether the process behind an address is the server that was announced, and answers."""

from __future__ import annotations

import enum
import http.client
import urllib.parse

ATTEMPTS = 3
TIMEOUT_S = 5.0


class Health(enum.Enum):
    """What a probe found."""

    GOOD = "answers, and takes the key"
    REFUSES_KEY = "answers, but not to this key"
    SILENT = "does not answer"


def probe(url: str, api_key: str) -> Health:
    """Ask /health, which is open to all, and then for the properties, which need the key.

    The connection is direct: a proxy from the environment plays no part.
    """
    for _ in range(ATTEMPTS):
        if _get(url, "/health", api_key) == http.client.OK:
            break
    else:
        return Health.SILENT
    taken = _get(url, "/props", api_key) == http.client.OK
    refused = _get(url, "/props", "") == http.client.UNAUTHORIZED
    return Health.GOOD if taken and refused else Health.REFUSES_KEY


def _get(url: str, path: str, api_key: str) -> int | None:
    """Return the status of one GET, or None when there was no answer."""
    host = urllib.parse.urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api_key}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
