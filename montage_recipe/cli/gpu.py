"""`montage-recipe gpu`: the GPU hosts, and what is done there."""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from montage_recipe.cli import show
from montage_recipe.cli.build import listening
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.compiler import Compiled, located
from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, MontageError, RecipeError
from montage_recipe.models import ALL_MODELS, DEFAULT_MODEL, Backend, Model, Weights
from montage_recipe.pipeline import looked_into, upscale_recipe
from montage_recipe.render.signals import stop_on_signals
from montage_recipe.render.upscaler import hosts_for
from montage_recipe.settings import Settings
from montage_recipe.upscale import remote
from montage_recipe.upscale.hosts import open_host
from montage_recipe.upscale.hosts.inventory import (
    ENVIRONMENT,
    THIS_MACHINE,
    Device,
    HostSpec,
    hosts_file,
    read_hosts,
    unknown_host,
)
from montage_recipe.upscale.hosts.port import Host, named_fault
from montage_recipe.upscale.job_files import scripts
from montage_recipe.upscale.packets import ChunkLimits, look_at
from montage_recipe.wording import counted, format_size, without_numbers

_AFTER_STOP_S = 10.0
_SPEED_BYTES = 8 << 20
_WITHOUT = {
    "bash": "no job can be started",
    "setsid": "nohup takes its place",
    "flock": "several jobs may compute at once, and need the memory of all",
}
_RECIPE = click.argument("recipe", type=click.Path(path_type=Path))
_CACHE = click.option(
    "--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder."
)
_EVENTS = click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")


@click.group()
def command() -> None:
    """Look at GPU hosts, and have clips with `upscale` enlarged there."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
def hosts(as_json: bool) -> None:
    """List the GPU hosts that are named."""
    known = read_hosts()
    if as_json:
        click.echo(json.dumps({name: _as_data(spec) for name, spec in known.items()}, indent=2))
        return
    if not known:
        click.echo(f"no GPU host is named. Name one in {hosts_file()}:\n")
        click.echo('  [studio]\n  kind = "ssh"\n  address = "me@studio.example"\n')
        click.echo(f'or in the environment: {ENVIRONMENT}="studio=ssh:me@studio.example colab=cgpu"')
        return
    width = max(map(len, known))
    for name, spec in known.items():
        where = " ".join(filter(None, (spec.kind, spec.address, spec.folder)))
        click.echo(f"  {name:<{width}}  {where} (device {spec.device}, backend {spec.backend}; from {spec.origin})")


def _as_data(spec: HostSpec) -> dict[str, str]:
    return {
        "kind": spec.kind,
        "address": spec.address,
        "folder": spec.place,
        "python": spec.python,
        "device": spec.device,
        "backend": spec.backend,
        "origin": spec.origin,
    }


@command.command()
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
def check(host: str, as_json: bool) -> None:
    """Reach HOST, say what it has, and measure how fast files get there and back."""
    try:
        spec, found = _surveyed(host)
    except MontageError as error:
        if as_json:
            click.echo(show.as_json(error.diagnostics, status="error"), nl=False)
        raise
    fault = _unusable(spec, found)
    if as_json:
        why = {"status": "error", "diagnostics": [show.as_data(d) for d in fault.diagnostics]} if fault else {}
        click.echo(json.dumps({**found, **why}, indent=2))
    else:
        click.echo("\n".join(_told(spec, found)))
    if fault:
        raise fault


def _surveyed(host: str) -> tuple[HostSpec, dict[str, Any]]:
    spec = _named(host)
    begun = time.monotonic()
    with _opened(spec) as (way, scratch):
        reached_s = time.monotonic() - begun
        found = remote.ask(way, "survey", scratch=scratch)
        up, down = remote.measure(way, scratch, _SPEED_BYTES, time.monotonic, reopen=lambda: _opened_soon(spec))
    found["models"] = {model.name: _lacks(model, spec, found["modules"]) for model in ALL_MODELS}
    found |= {"reached_s": round(reached_s, 2), "up_bytes_per_s": round(up), "down_bytes_per_s": round(down)}
    return spec, found


def _told(spec: HostSpec, found: dict[str, Any]) -> Iterator[str]:
    yield f"{spec.name}: reached in {found['reached_s']} s"
    yield f"  system    {found['system']}, {found['cores']} cores, {format_size(found['memory'])} memory"
    yield f"  Python    {found['python']}, with {', '.join(found['modules']) or 'nothing that is needed, not even pip'}"
    for name in found["missing"]:
        yield f"  {name:<8}  missing: {_WITHOUT[name]}"
    yield f"  ffmpeg    {found['ffmpeg'] or 'none; a package brings one with the first job'}"
    if isinstance(found["gpus"], dict):
        yield f"  GPU       nvidia-smi says: {without_numbers(found['gpus']['fault'])}"
    for gpu in _cards(found):
        memory = f"{format_size(gpu['total'])} memory, {format_size(gpu['free'])} free"
        yield f"  GPU       {gpu['name']}, {memory}, driver {gpu['driver']}"
    if found["gpus"] == []:
        yield "  GPU       no NVIDIA GPU"
    for model in ALL_MODELS:
        lacking = ", ".join(found["models"][model.name])
        yield f"  model     {model.name}: " + (
            f"no, as there is no {lacking}" if lacking else _usable(model, spec, found)
        )
    yield f"  disk      {format_size(found['disk_free'])} free"
    yield f"  transfer  {format_size(found['up_bytes_per_s'])}/s there, {format_size(found['down_bytes_per_s'])}/s back"


def _usable(model: Model, spec: HostSpec, found: Mapping[str, Any]) -> str:
    """Of a model that the host can run. What a job there takes: torch where that can compute, else ncnn."""
    ways = [weights for weights in _ways(model, spec) if set(weights.modules) <= set(found["modules"])]
    if spec.backend is Backend.AUTO and spec.device is not Device.CPU and not _cards(found):
        ways = [weights for weights in ways if weights.backend is Backend.NCNN] or ways
    packaged = all(file.package for file in ways[0].files)
    return "yes" if packaged else "yes, if its first job there can download the weights"


def _cards(found: Mapping[str, Any]) -> list[Any]:
    """Of NVIDIA, as far as they can be asked."""
    return found["gpus"] if isinstance(found["gpus"], list) else []


def _ways(model: Model, spec: HostSpec) -> list[Weights]:
    return [weights for weights in model.weights if spec.backend in (Backend.AUTO, weights.backend)]


def _lacks(model: Model, spec: HostSpec, modules: Collection[str]) -> list[str]:
    """What has to be there before the host can run the model, by the way that lacks least; [] where it can."""
    if not (ways := _ways(model, spec)):
        return [f"weights for {spec.backend}"]
    needed = ([*each.modules, *(each.packages if "pip" not in modules else ())] for each in ways)
    return min(([module for module in each if module not in modules] for each in needed), key=len)


def _unusable(spec: HostSpec, found: dict[str, Any]) -> HostError | None:
    """Why no job would run: no bash, no model that could, no room, or no GPU on a host that was to compute on one: of NVIDIA,
    or where ncnn may do it, of any make."""
    if "bash" in found["missing"]:
        return named_fault(spec, "use", "command-missing", "bash: command not found")
    if all(found["models"].values()):
        lacking = ", ".join(found["models"][DEFAULT_MODEL])
        pip = "" if "pip" in found["modules"] else " and no pip that could install it"
        return named_fault(spec, "use", "python-module-missing", f"there is no {lacking}{pip}")
    if found["disk_free"] < remote.SPARE_BYTES:
        needed = f"{format_size(remote.SPARE_BYTES)} are left alone on every host"
        return named_fault(spec, "use", "remote-disk-full", f"{format_size(found['disk_free'])} are free; {needed}")
    usable = _cards(found)
    any_make = spec.backend is Backend.NCNN or (spec.backend is Backend.AUTO and found["gpus"] == [])
    if spec.device is not Device.GPU or usable or (any_make and found["has_gpu"]):
        return None
    return named_fault(spec, "use", "no-cuda-device")


@command.command()
@click.argument("host")
def clean(host: str) -> None:
    """Remove all that was left on HOST: jobs (running ones too), packages and weights."""
    spec = _named(host)
    with _opened(spec) as (way, scratch):
        gone = remote.ask(way, "clean", scratch=scratch, timeout_s=300.0)
    jobs = len(gone["removed"])
    click.echo(f"{spec.name}: {counted(jobs, 'job')} removed, {format_size(gone['freed'])} freed")


@command.command()
@_RECIPE
@_CACHE
@_EVENTS
@OPTION
def run(recipe: Path, cache: Path | None, as_json: bool, untrusted: bool | None) -> None:
    """Have the clips of RECIPE that ask for it enlarged, and build nothing yet."""
    _upscale(recipe, cache, untrusted, as_json=as_json, may_start=True)


@command.command()
@_RECIPE
@_CACHE
@_EVENTS
@OPTION
def attach(recipe: Path, cache: Path | None, as_json: bool, untrusted: bool | None) -> None:
    """Wait for the clips of RECIPE that hosts are working on, and fetch them; begin nothing.

    Ctrl-C ends the waiting, and leaves their work alone.
    """
    _upscale(recipe, cache, untrusted, as_json=as_json, may_start=False)


def _upscale(recipe: Path, cache: Path | None, untrusted: bool | None, *, as_json: bool, may_start: bool) -> None:
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted})
    with listening(as_json=as_json) as listener, stop_on_signals() as stop:
        try:
            upscale_recipe(recipe, settings=settings, on_event=listener, stop=stop, may_start=may_start)
        except Interrupted as stopped:
            if may_start:
                raise
            raise Interrupted([_left_alone(stopped.diagnostics[0])]) from stopped


def _left_alone(stopped: Diagnostic) -> Diagnostic:
    """What was not begun by this command is not ended with it."""
    hint = "`montage-recipe gpu attach` again fetches it, `montage-recipe gpu clean HOST` ends it"
    return dataclasses.replace(stopped, message="stopped; what hosts are at goes on there", hint=hint)


@command.command()
@_RECIPE
@click.option("--clip", metavar="ID", help="The clip's id, or its number; by default the first that has `upscale`.")
@click.option("--host", metavar="HOST", help="For which host; by default the first of the recipe.")
@click.option("--name", default="upscale.py", show_default=True, help="Which file of the job.")
@OPTION
def script(recipe: Path, clip: str | None, host: str | None, name: str, untrusted: bool | None) -> None:
    """Print what runs on a GPU host for a clip of RECIPE."""
    files = _scripts(recipe, clip, _named(host) if host else None, settings_for({"untrusted": untrusted}))
    if name not in files:
        raise click.UsageError(f"there is no {name!r}: the files are {', '.join(files)}")
    click.echo(files[name], nl=False)


def _scripts(file: Path, clip: str | None, spec: HostSpec | None, settings: Settings) -> dict[str, str]:
    """What would run on a host for a clip, by its id or its number from 1: name -> text. Raises RecipeError."""
    with looked_into(file, settings) as (every, _, _):
        compiled = every[0]
    asked = {number: one for number, one in enumerate(compiled.timeline.clips, start=1) if one.upscale}
    names = {name: number for number, one in asked.items() for name in (str(number), one.id) if name}
    number = next(iter(asked), None) if clip is None else names.get(clip)
    if number is None:
        known = (
            f"the clips with `upscale` are {', '.join(names)}" if names else "write `upscale: {factor: 2}` at a clip"
        )
        what = f"no clip with `upscale` is called `{clip}`" if clip else "no clip has `upscale`"
        raise RecipeError([Diagnostic(code="unknown-clip", message=what, hint=known)])
    request = compiled.upscaled[number - 1].job.upscale
    assert request is not None
    part = look_at(Path(asked[number].media.file), request.picture.index, request.start, request.end, ChunkLimits())
    return scripts(request, part.chunks[0], spec or _first_host(compiled, settings))


def _first_host(compiled: Compiled, settings: Settings) -> HostSpec:
    with located(compiled.source):
        choice = hosts_for(compiled.recipe, cgpu=settings.cgpu)
        if not choice.specs:
            raise RecipeError(choice.absent)
    return choice.specs[0]


def _named(name: str) -> HostSpec:
    known = {THIS_MACHINE.name: THIS_MACHINE, **read_hosts()}
    if name not in known:
        raise RecipeError([unknown_host(name, known)])
    return known[name]


def _opened_soon(spec: HostSpec) -> Host:
    """After Ctrl-C, which waits for no host that does not answer."""
    end = time.monotonic() + _AFTER_STOP_S
    return open_host(spec, stop=lambda: time.monotonic() > end)


@contextmanager
def _opened(spec: HostSpec) -> Iterator[tuple[Host, Path]]:
    with tempfile.TemporaryDirectory(prefix="montage-recipe-") as folder, stop_on_signals() as stop:
        way = open_host(spec, stop=stop.is_set)
        try:
            yield way, Path(folder)
        finally:
            way.close()
