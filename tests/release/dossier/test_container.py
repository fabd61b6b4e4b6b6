from llmops_magics.release.dossier.container import container


def test_no_container_is_nothing(tmp_path, monkeypatch):
    for name in ("LLMOPS_IMAGE", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert container(tmp_path) == {}


def test_what_a_container_tells_of_itself(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("LLMOPS_IMAGE", "registry/app@sha256:1")
    own = tmp_path / "proc" / "self"
    own.mkdir(parents=True)
    (tmp_path / ".dockerenv").touch()
    (own / "cgroup").write_text(f"12:cpu:/docker/{'a1' * 32}\n")
    assert container(tmp_path) == {
        "engine": "docker",
        "id": "a1" * 32,
        "image": "registry/app@sha256:1",
    }


def test_an_id_in_the_mounts_where_groups_are_unified(tmp_path, monkeypatch):
    monkeypatch.delenv("LLMOPS_IMAGE", raising=False)
    own = tmp_path / "proc" / "self"
    own.mkdir(parents=True)
    (own / "cgroup").write_text("0::/\n")
    layer = f"1 2 0:1 /overlay/{'b' * 64}/x / rw\n"
    host = f"1 2 0:1 /var/lib/docker/containers/{'c' * 64}/hostname /etc/hostname rw\n"
    (own / "mountinfo").write_text(layer + host)
    assert container(tmp_path)["id"] == "c" * 64
