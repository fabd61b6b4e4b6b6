from __future__ import annotations

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from llmops_magics.audit.publication import commit_file, stamp_file, verify_stamp
from llmops_magics.errors import AuditError

pytest.importorskip("rfc3161_client")
OPENSSL = shutil.which("openssl")
GIT = shutil.which("git")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl here")
CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test authority
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = own
[own]
serial = serial
signer_cert = leaf.pem
signer_key = leaf.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """A timestamp authority of the tests' own: OpenSSL's, behind a real HTTP server."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "tsa.cnf").write_text(CONFIG)
        (folder / "serial").write_text("01\n")
        new = ("req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes")
        self.run(
            *new, "-x509", "-days", "9", "-extensions", "root", "-keyout", "root.key",
            "-out", "root.pem", "-subj", "/CN=Test root",
        )  # fmt: skip
        self.run(*new, "-keyout", "leaf.key", "-out", "leaf.csr")
        self.run(
            "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key",
            "-set_serial", "2", "-days", "9", "-extfile", "tsa.cnf", "-extensions", "leaf",
            "-out", "leaf.pem",
        )  # fmt: skip

    def run(self, *words):
        subprocess.run([OPENSSL, *words], cwd=self.folder, check=True, capture_output=True)

    def answer(self, question):
        (self.folder / "query").write_bytes(question)
        self.run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    @property
    def roots(self):
        return (self.folder / "root.pem").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "own")


@pytest.fixture
def serve():
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                reply = answer(asked)
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()


@needs_openssl
def test_a_stamp_verifies_offline_and_of_nothing_else(tmp_path, authority, serve):
    path = tmp_path / "00000001.dsse.json"
    path.write_bytes(b"a signed head")
    stamp = stamp_file(path, serve(authority.answer)).read_bytes()
    at = verify_stamp(stamp, b"a signed head", authority.roots)
    assert at.year >= 2026
    with pytest.raises(AuditError, match="does not hold"):
        verify_stamp(stamp, b"another head", authority.roots)
    other = Authority(tmp_path / "other")
    with pytest.raises(AuditError, match="does not hold"):
        verify_stamp(stamp, b"a signed head", other.roots)
    for broken in (stamp[:-1], b"", stamp[:40] + b"\0" + stamp[41:]):
        with pytest.raises(AuditError):
            verify_stamp(broken, b"a signed head", authority.roots)


@needs_openssl
def test_an_answer_to_another_question_is_refused(tmp_path, authority, serve):
    path = tmp_path / "head"
    path.write_bytes(b"one")
    kept = []

    def replay(question):
        kept.append(authority.answer(question))
        return kept[0]

    url = serve(replay)
    stamp_file(path, url)
    with pytest.raises(AuditError, match="did not stamp what it was asked"):
        stamp_file(path, url)


def test_who_answers_no_timestamp_is_refused(tmp_path, serve):
    path = tmp_path / "head"
    path.write_bytes(b"one")
    with pytest.raises(AuditError, match="answered no timestamp"):
        stamp_file(path, serve(lambda _: b"hello"))
    assert not (tmp_path / "head.tsr").exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [("file:///etc/passwd", "no address"), ("http://127.0.0.1:1/", "does not answer")],
)
def test_an_authority_that_is_none_is_refused(tmp_path, url, words):
    path = tmp_path / "head"
    path.write_bytes(b"one")
    with pytest.raises(AuditError, match=words):
        stamp_file(path, url)


@pytest.mark.skipif(GIT is None, reason="no git here")
def test_one_file_is_committed_and_nothing_else(tmp_path, monkeypatch):
    def git(*words):
        return subprocess.run(
            [GIT, "-C", tmp_path, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "jo")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "jo@example.com")
    (tmp_path / "head.json").write_text("{}")
    with pytest.raises(AuditError, match="git add failed"):
        commit_file(tmp_path, tmp_path / "head.json", "a head")
    git("init", "--quiet")
    (tmp_path / "other").write_text("staged")
    git("add", "other")
    commit = commit_file(tmp_path, tmp_path / "head.json", "a head")
    assert git("show", "--name-only", "--format=%H %s", "HEAD").split("\n") == [
        f"{commit} a head",
        "",
        "head.json",
    ]
    assert git("diff", "--cached", "--name-only") == "other"
