from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from montage_recipe.diagnostics import RecipeError
from montage_recipe.media.fingerprint import fingerprint
from tests.media.conftest import DictMemo

SECOND_NS = 1_000_000_000


def settled(file: Path) -> int:
    """A moment at which the file's last change is long ago."""
    return file.stat().st_ctime_ns + 10 * SECOND_NS


def test_a_fingerprint_is_the_sha256_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    content = os.urandom((9 << 20) + 17)  # more than two blocks
    file.write_bytes(content)
    assert fingerprint(file) == hashlib.sha256(content).hexdigest()


def test_an_old_file_is_hashed_once(tmp_path: Path) -> None:
    file, memo = tmp_path / "clip.mp4", DictMemo()
    file.write_bytes(b"one")
    fingerprint(file, memo=memo, now_ns=lambda: settled(file))
    (key,) = memo
    memo[key] = "remembered"
    assert fingerprint(file, memo=memo, now_ns=lambda: settled(file)) == "remembered"


def test_a_name_that_is_no_text_is_remembered_as_well(tmp_path: Path) -> None:
    file, memo = tmp_path / os.fsdecode(b"caf\xe9.mp4"), DictMemo()
    file.write_bytes(b"one")
    fingerprint(file, memo=memo, now_ns=lambda: settled(file))
    (key,) = memo
    assert key.encode()


def test_a_file_changed_within_two_seconds_is_not_remembered(tmp_path: Path) -> None:
    file, memo = tmp_path / "clip.mp4", DictMemo()
    file.write_bytes(b"one")
    fingerprint(file, memo=memo, now_ns=lambda: file.stat().st_ctime_ns + SECOND_NS)
    assert not memo


@pytest.mark.parametrize("mtime_ns", [0, 5 * SECOND_NS])
def test_a_file_rewritten_with_its_old_time_is_hashed_again(mtime_ns: int, tmp_path: Path) -> None:
    file, memo = tmp_path / "clip.mp4", DictMemo()
    file.write_bytes(b"one")
    os.utime(file, ns=(mtime_ns, mtime_ns))
    before = fingerprint(file, memo=memo, now_ns=lambda: settled(file))
    file.write_bytes(b"two")
    os.utime(file, ns=(mtime_ns, mtime_ns))
    assert fingerprint(file, memo=memo, now_ns=lambda: settled(file)) != before


def test_equal_content_under_two_names_has_one_fingerprint(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.mp4", "b.mov")]
    for file in files:
        file.write_bytes(b"same")
    assert len({fingerprint(file) for file in files}) == 1


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RecipeError) as caught:
        fingerprint(pipe)
    assert caught.value.diagnostics[0].code == "media-not-a-file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"one")
    file.chmod(0)
    with pytest.raises(RecipeError) as caught:
        fingerprint(file)
    assert caught.value.diagnostics[0].code == "media-unreadable"
