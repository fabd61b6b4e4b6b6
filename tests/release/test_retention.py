"""Dossiers whose time is over go, with a tombstone each; what is held stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from llmops_magics.audit.retention import hold, unhold
from llmops_magics.audit.trail import events, verify
from llmops_magics.errors import AuditError
from llmops_magics.release.retention import delete_expired, retention_report
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import gate_run

KEEP = {"dossiers": timedelta(days=30), "traces": timedelta(days=30)}
OLD, NEW = "2020-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"


def row(name, prompt, at):
    texts = [c.name for c in gate_run.columns if c.name not in ("id", "seq")]
    known = {"gate_id": name, "prompt": prompt, "finished_at": at, "folder": f"archive/{name}"}
    return dict.fromkeys(texts, "") | known | {"dossier_digest": f"sha256:{name}"}


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    with opened.write() as connection:
        for each in (row("g1", "a@1", OLD), row("g2", "b@1", OLD), row("g3", "a@2", NEW)):
            connection.execute(insert(gate_run), each)
            folder = tmp_path / each["folder"]
            folder.mkdir(parents=True)
            (folder / "gate.json").write_text("{}", encoding="utf-8")
    yield opened
    opened.close()


def there(root):
    return sorted(each.name for each in (root / "archive").iterdir())


def test_what_is_held_stays_until_the_hold_ends(store, tmp_path):
    with store.write() as connection:
        hold(connection, "a@production", "a lawsuit", actor="ann")
    dossiers = retention_report(store, KEEP, tmp_path).classes[0]
    assert (dossiers.total, dossiers.held, dossiers.expired) == (3, 1, ("g2",))
    assert delete_expired(store, KEEP, tmp_path, actor="ann").deleted == ("g2",)
    assert there(tmp_path) == ["g1", "g3"]
    with store.write() as connection:
        unhold(connection, "a@production", "settled", actor="ann")
    assert delete_expired(store, KEEP, tmp_path, actor="ann").deleted == ("g1",)
    assert there(tmp_path) == ["g3"]
    with store.read() as connection:
        stones = [e for e in events(connection) if e.action == "audit.tombstone"]
        assert [(e.resource, e.body["id"], e.body["evidence"]) for e in stones] == [
            ("b", "g2", ["sha256:g2"]), ("a", "g1", ["sha256:g1"]),
        ]  # fmt: skip
        assert verify(connection).problems == ()


def test_a_row_that_leads_elsewhere_deletes_nothing(store, tmp_path):
    (tmp_path / "precious" / "gate.json").parent.mkdir()
    (tmp_path / "precious" / "gate.json").write_text("{}", encoding="utf-8")
    with store.write() as connection:
        connection.execute(insert(gate_run), row("g9", "c@1", OLD) | {"folder": "precious"})
    with pytest.raises(AuditError, match="is not the dossier"):
        delete_expired(store, KEEP, tmp_path, actor="ann")
    assert (tmp_path / "precious" / "gate.json").is_file()
