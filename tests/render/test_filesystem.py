"""Stores on network file systems; there is none here, so what is mounted is handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.diagnostics import Severity, StoreError
from montage_recipe.render.filesystem import doubt_about, mount_of
from montage_recipe.render.store import Store

ROOT = "24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw"


def mountinfo(place: Path | str, kind: str, options: str = "rw") -> str:
    written = str(place).replace(" ", "\\040")
    return f"{ROOT}\n36 24 0:44 / {written} rw,relatime shared:2 - {kind} server:/films {options}\n"


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("nfs4", "rw,vers=4.2,local_lock=none", "store-on-network"),
        ("nfs", "rw,vers=3,local_lock=none", "store-on-network"),
        ("nfs", "rw,vers=3,nolock,local_lock=all", "store-without-locks"),
        ("nfs4", "rw,local_lock=flock", "store-without-locks"),
        ("cifs", "rw,nobrl", "store-without-locks"),
        ("fuse.sshfs", "rw", "store-without-locks"),
        ("ext4", "rw", None),
        ("tmpfs", "rw", None),
    ],
)
def test_a_store_is_doubted_where_its_file_system_cannot_do_what_it_asks(
    kind: str, options: str, code: str | None
) -> None:
    doubt = doubt_about(Path("/net/films/.montage"), mountinfo("/net", kind, options))
    assert (doubt.code if doubt else None) == code
    if doubt:
        assert str(doubt.severity) == ("warning" if code == "store-on-network" else "error")
        assert "--cache DIR" in doubt.hint


def test_the_innermost_mount_counts_and_of_two_at_one_place_the_later() -> None:
    text = mountinfo("/net", "nfs4") + mountinfo("/net/my disk", "xfs").splitlines()[1] + "\n"
    found = [mount_of(Path(path), text) for path in ("/net/my disk/film", "/net/other", "/network")]
    assert [mount.kind if mount else None for mount in found] == ["xfs", "nfs4", "ext4"]
    over = mount_of(Path("/net/x"), text + mountinfo("/net", "tmpfs").splitlines()[1])
    assert over and over.kind == "tmpfs"


def test_a_store_on_nfs_says_so_once(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", mounts=lambda: mountinfo(tmp_path, "nfs4")) as store:
        (warning,) = store.take_warnings()
        assert (warning.code, warning.severity) == ("store-on-network", Severity.WARNING)
        assert store.take_warnings() == ()


def test_a_store_without_common_locks_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as failure:
        Store.open(tmp_path / "store", mounts=lambda: mountinfo(tmp_path, "nfs", "rw,nolock"))
    assert [d.code for d in failure.value.diagnostics] == ["store-without-locks"]
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_another_file_system_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    with pytest.raises(StoreError):
        Store.open(tmp_path / "near" / "store", mounts=lambda: mountinfo(tmp_path / "far", "nfs", "rw,nolock"))
