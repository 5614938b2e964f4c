"""A git repository that came with somebody else's folder: its settings run nothing, and it shows no other one's revisions."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from montage_recipe.cli.diff import command
from montage_recipe.diagnostics import MontageError
from tests.diff.repositories import commit, git
from tests.diff.test_revisions import write_sound

RECIPE = """\
recipe: 1
canvas: {size: 160x90, fps: 10}
media:
  bars: {generate: color-bars, duration: 6s}
clips: [{src: bars, out: 2s}]
audio: [{src: theme.wav}]
"""


@pytest.fixture
def handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a recipe that is a repository: `first` is a tag, `main` has other music."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "films"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "recipe.yaml").write_text(RECIPE)
    write_sound(folder / "theme.wav", 1)
    commit(folder, "first")
    git(folder, "tag", "first")
    write_sound(folder / "theme.wav", 2)
    commit(folder, "second")
    monkeypatch.chdir(folder)
    return folder


def diff(*arguments: str, trust: str = "--untrusted") -> Result:
    return CliRunner().invoke(command, (*arguments, "recipe.yaml", trust))


def codes(result: Result) -> list[str]:
    assert isinstance(result.exception, MontageError), result.output
    return [fault.code for fault in result.exception.diagnostics]


def trap(place: Path) -> tuple[str, Path]:
    """A program that leaves a mark when it is run, and the mark."""
    mark, program = place / "ran", place / "trap"
    program.write_text(f"#!/bin/sh\ntouch {mark}\nexit 1\n")
    program.chmod(0o755)
    return str(program), mark


SETTINGS: dict[str, tuple[str, ...]] = {
    "the monitor of files": ("core.fsmonitor=TRAP",),
    "a filter": ("filter.evil.clean=TRAP", "filter.evil.smudge=TRAP", "filter.evil.required=true"),
    "a filter that stays": ("filter.evil.process=TRAP",),
    "a program that compares": ("diff.external=TRAP", "diff.evil.command=TRAP", "diff.evil.textconv=TRAP"),
    "a pager": ("core.pager=TRAP", "pager.ls-tree=TRAP", "pager.rev-parse=TRAP", "pager.cat-file=TRAP"),
    "an alias": ("alias.ls-tree=!TRAP", "alias.rev-parse=!TRAP", "alias.cat-file=!TRAP", "alias.merge-base=!TRAP"),
    "an editor": ("core.editor=TRAP", "sequence.editor=TRAP", "core.askPass=TRAP", "gpg.program=TRAP"),
}


@pytest.mark.parametrize("trust", ["--untrusted", "--trusted"])
@pytest.mark.parametrize("name", SETTINGS)
def test_a_repository_s_settings_run_nothing(name: str, trust: str, handed_in: Path, tmp_path: Path) -> None:
    program, mark = trap(tmp_path)
    (handed_in / ".gitattributes").write_text("* filter=evil diff=evil\n")
    for setting in SETTINGS[name]:
        key, _, value = setting.partition("=")
        git(handed_in, "config", key, value.replace("TRAP", program))
    write_sound(handed_in / "theme.wav", 3)
    os.utime(handed_in / "recipe.yaml", (1, 1))
    for asked in ("first", "first..main", "first...main"):
        result = diff(asked, trust=trust)
        assert result.exit_code == 0, result.exception
        assert "theme.wav" in result.stdout
    assert not mark.exists()


def test_a_hook_is_not_run(handed_in: Path, tmp_path: Path) -> None:
    program, mark = trap(tmp_path)
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "query-watchman"):
        shutil.copy(program, handed_in / ".git" / "hooks" / hook)
    assert diff("first").exit_code == 0
    assert not mark.exists()


REMOTES = {
    "by SSH": ("remote.origin.url=ssh://nobody@127.0.0.1:9/x", "core.sshCommand=TRAP"),
    "by a helper": ("remote.origin.url=ext::TRAP", "protocol.ext.allow=always"),
    "with credentials": ("remote.origin.url=http://127.0.0.1:9/x", "credential.helper=!TRAP", "core.gitProxy=TRAP"),
    "beside it": ("remote.origin.url=.", "remote.origin.uploadpack=TRAP"),
}


@pytest.mark.parametrize("name", REMOTES)
def test_what_a_partial_clone_lacks_is_not_fetched(name: str, handed_in: Path, tmp_path: Path) -> None:
    program, mark = trap(tmp_path)
    settings = (
        *("core.repositoryFormatVersion=1", "extensions.partialClone=origin"),
        *("remote.origin.promisor=true", "remote.origin.fetch=+refs/heads/*:refs/remotes/origin/*", *REMOTES[name]),
    )
    for setting in settings:
        key, _, value = setting.partition("=")
        git(handed_in, "config", key, value.replace("TRAP", program))
    oid = git(handed_in, "rev-parse", "first:theme.wav").strip()
    (handed_in / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    assert codes(diff("first")) == ["git-failed"]
    assert not mark.exists()


def test_a_partial_clone_that_lacks_nothing_that_differs_is_compared(handed_in: Path) -> None:
    oid = git(handed_in, "rev-parse", "main:theme.wav").strip()
    for key, value in (("extensions.partialClone", "origin"), ("remote.origin.promisor", "true")):
        git(handed_in, "config", key, value)
    git(handed_in, "config", "core.repositoryFormatVersion", "1")
    (handed_in / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    result = diff("main")
    assert result.exit_code == 0, result.exception
    assert "theme.wav" not in result.stdout


def test_a_folder_that_looks_like_a_bare_repository_is_none(handed_in: Path, tmp_path: Path) -> None:
    """Any commit can hold one."""
    program, mark = trap(tmp_path)
    inner = handed_in / "inner"
    git(handed_in, "clone", "-q", "--bare", ".", str(inner))
    for key, value in (("core.bare", "false"), ("core.worktree", ".."), ("core.fsmonitor", program)):
        git(handed_in, "config", "-f", str(inner / "config"), key, value)
    shutil.copy(handed_in / "recipe.yaml", inner)
    result = CliRunner().invoke(command, ("main", str(inner / "recipe.yaml"), "--untrusted"))
    assert codes(result) == ["git-failed"]
    assert not mark.exists()


def test_git_gets_no_secrets(handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("git")
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "git"
    wrapper.write_text(f'#!/bin/sh\nenv >> {tmp_path}/seen\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_TOKEN", "not-for-git")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "not-for-git")
    monkeypatch.setenv("SSH_AUTH_SOCK", "not-for-git")
    assert diff("first").exit_code == 0
    seen = (tmp_path / "seen").read_text()
    assert "not-for-git" not in seen and "GIT_ALLOW_PROTOCOL=none" in seen


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """Another repository on this machine, with a text of the recipe's name."""
    folder = tmp_path / "private"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "recipe.yaml").write_text("recipe: 1\ntitle: CANARY\nclips: [CANARY\n")
    commit(folder, "first")
    git(folder, "tag", "first")
    return folder


def refused(handed_in: Path) -> None:
    result = diff("first")
    assert codes(result) == ["git-failed"]
    assert "outside of its own folder" in str(result.exception) and "CANARY" not in str(result.exception)


def test_a_git_file_that_leads_to_another_repository_is_refused(handed_in: Path, private: Path) -> None:
    shutil.rmtree(handed_in / ".git")
    (handed_in / ".git").write_text(f"gitdir: {private / '.git'}\n")
    refused(handed_in)
    (handed_in / ".git").unlink()
    (handed_in / ".git").symlink_to(private / ".git")
    refused(handed_in)


def test_a_forged_working_tree_of_another_repository_is_refused(handed_in: Path, private: Path) -> None:
    shutil.rmtree(handed_in / ".git")
    forged = handed_in / "forged"
    forged.mkdir()
    (forged / "HEAD").write_text("ref: refs/heads/main\n")
    (forged / "commondir").write_text(f"{private / '.git'}\n")
    (forged / "gitdir").write_text(f"{handed_in / '.git'}\n")
    (handed_in / ".git").write_text(f"gitdir: {forged}\n")
    refused(handed_in)


@pytest.mark.parametrize("name", ["refs", "objects", "refs/tags", "refs/tags/first"])
def test_links_inside_of_the_repository_are_refused(name: str, handed_in: Path, private: Path) -> None:
    place = handed_in / ".git" / name
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    place.symlink_to(private / ".git" / name)
    refused(handed_in)


def test_objects_of_another_repository_are_refused(handed_in: Path, private: Path) -> None:
    (handed_in / ".git" / "objects" / "info" / "alternates").write_text(f"{private / '.git' / 'objects'}\n")
    refused(handed_in)


def test_a_linked_working_tree_of_one_s_own_is_compared(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(handed_in, "worktree", "add", "-q", str(tmp_path / "review"), "first")
    monkeypatch.chdir(tmp_path / "review")
    result = diff("first..main")
    assert result.exit_code == 0, result.exception
    assert "theme.wav" in result.stdout


def test_a_pipe_in_a_medium_s_place_is_not_waited_for(handed_in: Path) -> None:
    (handed_in / "theme.wav").unlink()
    os.mkfifo(handed_in / "theme.wav")
    result = diff("first..main")
    assert result.exit_code == 0, result.exception


def test_a_link_in_a_medium_s_place_is_not_followed_out_of_the_folder(handed_in: Path, tmp_path: Path) -> None:
    (handed_in / "theme.wav").rename(tmp_path / "theme.wav")
    (handed_in / "theme.wav").symlink_to(tmp_path / "theme.wav")
    assert set(codes(diff("first"))) == {"outside-of-folder"}


def test_what_git_lfs_keeps_counts_by_its_content(handed_in: Path, tmp_path: Path) -> None:
    sound = (handed_in / "theme.wav").read_bytes()
    sha256 = hashlib.sha256(sound).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(sound)}\n"
    (handed_in / "theme.wav").write_text(pointer)
    commit(handed_in, "third")
    (handed_in / "theme.wav").write_bytes(sound)
    same = diff("HEAD")
    assert same.exit_code == 0 and "theme.wav" not in same.stdout, same.exception
    write_sound(handed_in / "theme.wav", 7)  # of the same size
    secret = tmp_path / "secret.wav"
    write_sound(secret, 8)
    stored = handed_in / ".git" / "lfs" / "objects" / sha256[:2] / sha256[2:4] / sha256
    stored.parent.mkdir(parents=True)
    stored.symlink_to(secret)
    assert codes(diff("HEAD")) == ["git-lfs-pointer"]
