"""How fast a file travels to an SSH host and back, against scp."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bench import MEGABYTE, Bench
from benchmarks.section import Claim, Section, Table
from montage_recipe.stopping import never
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.ssh import SshHost
from tests.upscale.hosts.sshd import Sshd, hindrance

_REPEATS = 15
_PROMISED_SHARE = 0.8  # of scp's speed


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    way: str
    size_bytes: int
    ours_s: float  # with the login, and with SHA-256 compared
    scp_s: float  # with the login


def _measure(bench: Bench) -> Iterator[TransferRow]:
    if hindrance():
        return
    with tempfile.TemporaryDirectory(dir=bench.work) as name, Sshd(Path(name)) as server:
        folder = Path(name)
        config = server.write_config(folder / "ssh_config")
        file, there, back = folder / "file", folder / "there", folder / "back"
        data = os.urandom(bench.scale.transfer_bytes)
        file.write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        spec = HostSpec(name="server", kind=HostKind.SSH, address="127.0.0.1", folder=name, python=sys.executable)

        def ours(work: Callable[[SshHost], None]) -> Callable[[], None]:
            def run() -> None:
                with closing(SshHost(spec, stop=never, config=config)) as host:
                    work(host)

            return run

        def scp(*files: str) -> Callable[[], None]:
            return lambda: _scp(config, *files)

        ways = (
            ("there", ours(lambda host: host.put(file, there.name)), scp(str(file), f"127.0.0.1:{there}")),
            ("back", ours(lambda host: host.get(file.name, back, sha256=sha256)), scp(f"127.0.0.1:{file}", str(back))),
        )
        for way, one, other in ways:
            target = there if way == "there" else back
            times = [(_seconds(one, target), _seconds(other, target)) for _ in range(_REPEATS)]
            ours_s, scp_s = (median(column) for column in zip(*times, strict=True))
            yield TransferRow(way=way, size_bytes=len(data), ours_s=ours_s, scp_s=scp_s)


def _scp(config: Path, *files: str) -> None:
    subprocess.run(("scp", "-q", "-F", str(config), *files), check=True, stdin=subprocess.DEVNULL)


def _seconds(work: Callable[[], None], target: Path) -> float:
    target.unlink(missing_ok=True)  # to replace a file makes some file systems write the new one out at once
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _table(rows: Sequence[TransferRow]) -> Table:
    return Table(
        head=("way", "MB", "ours, s", "ours, MB/s", "scp, s", "scp, MB/s"),
        rows=tuple(
            (
                row.way,
                f"{row.size_bytes / MEGABYTE:.0f}",
                f"{row.ours_s:.2f}",
                f"{row.size_bytes / MEGABYTE / row.ours_s:.0f}",
                f"{row.scp_s:.2f}",
                f"{row.size_bytes / MEGABYTE / row.scp_s:.0f}",
            )
            for row in rows
        ),
    )


def _claims(rows: Sequence[TransferRow]) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            text=f"a file {row.way}: share of scp's speed",
            measured=row.scp_s / row.ours_s,
            limit=_PROMISED_SHARE,
            at_least=True,
        )
        for row in rows
    )


SECTION = Section(
    name="transfer",
    title="Files to a GPU host and back",
    text="Over loopback, with a login for each file, medians of fifteen in turn. Ours compares checksums; scp does not.",
    measure=_measure,
    table=_table,
    claims=_claims,
)
