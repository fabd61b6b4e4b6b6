from llmops_magics.audit import trail
from llmops_magics.audit.signing.register import KeyRegister
from llmops_magics.record import digest_bytes
from llmops_magics.release.inspection import inspect_all
from llmops_magics.storage.store import Store


def sealed(tmp_path):
    """A store with one gate event, and its archive of one record and one page."""
    store = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    folder = tmp_path / "archive" / "gate-1"
    folder.mkdir(parents=True)
    (folder / "page.html").write_bytes(b"<p>ok</p>")
    record = b'{"files":{"page.html":"%s"}}' % digest_bytes(b"<p>ok</p>").encode()
    (folder / "gate.json").write_bytes(record)
    body = {"folder": "archive/gate-1", "gate_json": digest_bytes(record)}
    with store.write() as connection:
        trail.append(connection, actor="a", action="gate.run", resource="gate/1", body=body)
    return store, folder


def inspected(store, root, **options):
    return inspect_all(store, root, KeyRegister(), root / "audit", **options)


def test_what_was_sealed_verifies(tmp_path):
    store, _ = sealed(tmp_path)
    report = inspected(store, tmp_path)
    assert (report.problems, report.archives, report.events) == ((), 1, 1)


def test_a_changed_page_is_named(tmp_path):
    store, folder = sealed(tmp_path)
    (folder / "page.html").write_bytes(b"<p>OK</p>")
    assert inspected(store, tmp_path).problems == ("gate-1: page.html was changed",)


def test_a_missing_archive_is_named(tmp_path):
    store, folder = sealed(tmp_path)
    folder.rename(tmp_path / "elsewhere")
    assert inspected(store, tmp_path).problems == ("gate-1: gate.json is missing",)


def test_a_head_that_is_not_in_the_chain_is_a_cut_tail(tmp_path):
    store, _ = sealed(tmp_path)
    (problem,) = inspect_all(
        store, tmp_path, KeyRegister(), tmp_path / "audit", expected_head="sha256:" + "1" * 64
    ).problems
    assert "its tail was cut" in problem
