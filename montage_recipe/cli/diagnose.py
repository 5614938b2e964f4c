"""`montage-recipe diagnose`: why a run failed, read from its log."""

from __future__ import annotations

import json
from pathlib import Path

import click

from montage_recipe.render.streams import BoundedLog
from montage_recipe.upscale.diagnosis import Diagnosis

_HEAD_BYTES, _TAIL_BYTES = 2 << 20, 6 << 20
_WIDEST = 200


@click.command()
@click.argument("log", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--exit-code", type=int, metavar="N", help="The exit status of what wrote the log, where it is known.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
def command(log: Path, exit_code: int | None, as_json: bool) -> None:
    """Say why a run on a GPU host failed, and what to do about it.

    LOG is what the run printed: of torch, ncnn, ffmpeg, pip, ssh, sftp, cgpu, a shell or the kernel; `-` reads it from
    the standard input. `montage-recipe explain causes` lists what can be found.
    """
    from montage_recipe.upscale.diagnosis import diagnose

    text, left_out = _read(log)
    found = diagnose(text, exit_code)
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False))
        return
    if left_out:
        click.echo(f"only the beginning and the end of the log were read; {left_out:,} bytes between them were not")
    where = "standard input" if log == Path("-") else str(log)
    click.echo("\n".join(_told(found, where if left_out else f"{where}:{found.root_number}")))


def as_data(found: Diagnosis) -> dict[str, object]:
    return {
        "cause": found.cause.name,
        "root_line": found.root_line,
        "transient": found.cause.transient,
        "remedy": found.cause.remedy,
        "lines": list(found.lines),
    }


def _told(found: Diagnosis, where: str) -> list[str]:
    told = [f"{found.cause.name}: {found.cause.title}"]
    if found.root_line:
        told += [f"  {where}: {_short(found.root_line)}"]
    if found.cause.name != "ok":
        again = f" ({found.cause.again})" if found.cause.again else ""
        told += [f"  cure: {found.cause.remedy}{again}"]
    others = [line for line in found.lines if line != found.root_line] if found.cause.name != "ok" else []
    if others:
        told += ["", "What else matters of it:", *(f"  {_short(line)}" for line in others)]
    return told


def _short(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…"


def _read(log: Path) -> tuple[str, int]:
    """The log's text, and how many bytes of its middle are left out where it is very long."""
    kept = BoundedLog(head_bytes=_HEAD_BYTES, tail_bytes=_TAIL_BYTES)
    with click.open_file(str(log), "rb") as stream:
        while block := stream.read(_HEAD_BYTES):
            kept.feed(block)
    return kept.text(), max(0, kept.total_bytes - _HEAD_BYTES - _TAIL_BYTES)
