"""What all tests share: golden files, and an SSH server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from tests.upscale.hosts.sshd import Sshd, running_sshd

# A slow machine is no fault of the code, and a test that fails must fail again.
settings.register_profile("steady", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("steady")

# Several tests compute at once: threads of OpenMP that wait for each other in a loop take what the others need.
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# A shell that starts the tests behind itself (`pytest &`) has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="rewrite the files under tests/golden")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-goldens") and os.environ.get("CI"):
        raise pytest.UsageError(
            "--update-goldens is refused in CI: a golden is rewritten by a person who reads the diff"
        )


@dataclass(frozen=True, slots=True)
class Golden:
    """The files under tests/golden; a text must be exactly what its file holds."""

    folder: Path
    update: bool

    def check(self, path: str, text: str) -> None:
        """Fails unless `text` is what tests/golden/PATH holds. An empty text is no golden."""
        assert text.strip(), f"the text for {path} is empty"
        file = self.folder / path
        if self.update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        assert file.exists(), f"there is no golden {path}: run pytest --update-goldens, and read what it writes"
        assert text == file.read_text(encoding="utf-8"), (
            f"{path} differs: run pytest --update-goldens, and read the diff"
        )

    def check_no_orphans(self, pattern: str, expected: set[str]) -> None:
        """Fails if a file under tests/golden that matches `pattern` is not one of `expected` (paths under it)."""
        found = {file.relative_to(self.folder).as_posix() for file in self.folder.glob(pattern)}
        assert found <= expected, f"goldens that nothing checks: {sorted(found - expected)}"


@pytest.fixture(autouse=True)
def trusted_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write their recipes themselves; CI would make them somebody else's, who may not name footage elsewhere."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(folder=GOLDEN, update=bool(request.config.getoption("--update-goldens")))


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real SSH server for all tests of a session."""
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server
