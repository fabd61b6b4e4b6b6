from __future__ import annotations

import pytest
from sqlalchemy import insert

from llmops_magics.audit.trail import events
from llmops_magics.errors import AuditError
from llmops_magics.storage.table import gate_run
from llmops_magics.workbench.retention import Retention
from llmops_magics.workspace import Workspace

OLD, NEW = "2001-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"


@pytest.fixture
def workspace(tmp_path):
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def retention(workspace):
    return Retention(
        workspace.root, lambda: workspace.settings, lambda: workspace.store, lambda: "ann"
    )


@pytest.fixture
def archive(workspace):
    folder = workspace.root / workspace.settings.gate.archive

    def put(gate_id, prompt, at):
        (folder / gate_id).mkdir(parents=True)
        (folder / gate_id / "gate.json").write_text("{}")
        row = {column.name: "" for column in gate_run.columns if column.name != "id"}
        row |= {"gate_id": gate_id, "prompt": prompt, "finished_at": at}
        row |= {"dossier_digest": f"sha256:{gate_id}", "folder": f"gates/{gate_id}"}
        with workspace.store.write() as connection:
            connection.execute(insert(gate_run).values(row))
        return folder / gate_id

    return put


def tombstones(workspace):
    with workspace.store.read() as connection:
        return [e.body["id"] for e in events(connection) if e.action == "audit.tombstone"]


def test_an_old_dossier_goes_with_a_tombstone_and_a_new_one_stays(workspace, retention, archive):
    old, new = archive("g1", "a", OLD), archive("g2", "a", NEW)
    assert retention.report().classes[0].expired == ("g1",)
    assert old.is_dir()
    done = retention.delete()
    assert done.deleted == ("g1",)
    assert (old.exists(), new.exists()) == (False, True)
    assert tombstones(workspace) == ["g1"]
    assert retention.delete().deleted == ()


def test_what_is_held_stays_until_it_is_not(workspace, retention, archive):
    folder = archive("g1", "support/answer", OLD)
    retention.hold("support/*", "a lawsuit")
    assert retention.delete().classes[0].held == 1
    assert folder.is_dir()
    retention.unhold("support/*", "settled")
    assert retention.delete().deleted == ("g1",)


def test_a_process_that_ended_in_between_is_finished_by_the_next(workspace, retention, archive):
    from llmops_magics.audit.retention import Kept, tombstone

    folder = archive("g1", "a", OLD)
    gone = Kept(id="g1", resource="a", digest="sha256:g1", since=OLD)
    with workspace.store.write() as connection:
        tombstone(connection, "dossiers", gone, retention._keep("dossiers"), actor="ann")
    retention.delete()
    assert not folder.exists()
    assert tombstones(workspace) == ["g1"]


def test_a_row_that_leads_out_of_the_archive_deletes_nothing(workspace, retention, archive):
    outside = workspace.root / "precious"
    outside.mkdir()
    archive("g1", "a", NEW)
    row = {column.name: "" for column in gate_run.columns if column.name != "id"}
    row |= {"gate_id": "../precious", "finished_at": OLD}
    with workspace.store.write() as connection:
        connection.execute(insert(gate_run).values(row))
    with pytest.raises(AuditError, match="no dossier of this workspace"):
        retention.delete()
    assert outside.is_dir()


def test_a_shorter_time_of_one_class_leaves_the_other(tmp_path):
    (tmp_path / "llmops.toml").write_text('[audit.retention]\ntraces = "30d"\n')
    workspace = Workspace(tmp_path)
    retention = Retention(
        tmp_path, lambda: workspace.settings, lambda: workspace.store, lambda: "ann"
    )
    assert [each.keep_days for each in retention.report().classes] == [3650, 30]
    workspace.close()
