"""Put a signed head where the store's owner cannot change it: a git commit, a timestamp.

A commit counts once it is pushed to where others have it. A timestamp (RFC 3161) is an authority's
signature that the file was there at a time; it is kept beside the file and verified offline,
against a root certificate that one trusts.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from llmops_magics.errors import AuditError

TOKEN_SUFFIX: Final = ".tsr"  # noqa: S105  (a file's ending)
TIMEOUT_S: Final = 30
_MAX_BYTES: Final = 1024 * 1024
_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_INSTALL: Final = "Install llmops-magics[timestamp]."


def commit_file(root: Path, path: Path, message: str) -> str:
    """Commit one file and nothing else; return the commit. Raises ``AuditError``."""
    _git(root, "add", "--", str(path))
    _git(root, "commit", "--quiet", "--message", message, "--", str(path))
    return _git(root, "rev-parse", "HEAD")


def _git(root: Path, *words: str) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603 -- git, with our own arguments
            ["git", "-C", str(root), *words],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=2 * TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AuditError(f"git cannot be run: {error}.") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise AuditError(
            f"git {words[0]} failed: {said.rstrip('.')}.",
            hint="The checkpoint is made; commit its file by hand.",
        )
    return done.stdout.strip()


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: who stamps is who was named."""


def stamp_file(path: Path, url: str) -> Path:
    """Have an authority date a file; return its answer's file, ``PATH.tsr``. ``AuditError``.

    Only a digest (SHA-512) of the file is sent.
    """
    client = _client()
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        raise AuditError(f"{url[:200]!r} is no address of a timestamp authority.")
    content = path.read_bytes()
    asked = client.TimestampRequestBuilder().data(content).build()
    request = Request(url, asked.as_bytes(), {"Content-Type": _QUERY, "Accept": _REPLY})  # noqa: S310
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
            reply = answer.read(_MAX_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        raise AuditError(
            f"the timestamp authority {url} does not answer: {error}.",
            hint="The checkpoint is made; ask again later.",
        ) from error
    _check_reply(client, reply, content, asked.nonce)
    target = path.with_name(path.name + TOKEN_SUFFIX)
    from llmops_magics.storage.artifact import write_atomically

    write_atomically(target, reply)
    target.chmod(0o644)
    return target


def verify_stamp(reply: bytes, content: bytes, roots: bytes) -> datetime:
    """Return when an authority saw some content; ``roots`` are certificates (PEM) one trusts.

    Nothing is asked over the network. Raises ``AuditError`` where it does not hold.
    """
    from cryptography.x509 import load_pem_x509_certificates

    client = _client()
    try:
        builder = client.VerifierBuilder()
        for certificate in load_pem_x509_certificates(roots):
            builder = builder.add_root_certificate(certificate)
        stamp = client.decode_timestamp_response(reply)
        builder.build().verify_message(stamp, content)
        return _time_of(stamp)
    except (client.VerificationError, ValueError, TypeError) as error:
        raise AuditError(f"the timestamp does not hold: {str(error).rstrip('.')}.") from error


def _time_of(stamp: Any) -> datetime:
    found: datetime = stamp.tst_info.gen_time
    return found


def _check_reply(client: Any, reply: bytes, content: bytes, nonce: int) -> None:
    """Raise ``AuditError`` unless an answer is of this question; its signature is checked later."""
    import hashlib

    try:
        if len(reply) > _MAX_BYTES:
            raise AuditError("the timestamp authority's answer is too large.")
        stamp = client.decode_timestamp_response(reply)
        is_granted = client.PKIStatus(stamp.status) == client.PKIStatus.GRANTED
        info = stamp.tst_info
        digest = hashlib.sha512(content).digest()
        is_ours = info.message_imprint.message == digest and info.nonce == nonce
    except (ValueError, TypeError) as error:
        raise AuditError(f"the timestamp authority answered no timestamp: {error}.") from error
    if not is_granted or not is_ours:
        raise AuditError("the timestamp authority did not stamp what it was asked to.")


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise AuditError("timestamps need rfc3161-client.", hint=_INSTALL) from error
    return rfc3161_client
