"""A plan's jobs as a shell script that can be run by hand, as data, and as a picture of what needs what."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from montage_recipe.engine import Engine
from montage_recipe.jobs.model import FileInput, Job, JobInput, Plan
from montage_recipe.titles.lower import FONTCONFIG_NAME

Json = dict[str, Any]
_SHORT = 12  # characters of a key that tell a plan's jobs apart


def jobs_data(plan: Plan, engine: Engine) -> Json:
    return {
        "output": str(plan.output),
        "engine": {"path": engine.path, "version": engine.version_text},
        "jobs": [
            {
                "key": job.key,
                "kind": str(job.kind),
                "label": job.label,
                "needs": list(job.needs),
                "argv": [engine.path, *job.argv] if job.argv else None,
                "measure": [engine.path, *job.measure] if job.measure else None,
                "files": {file.name: file.text for file in job.files},
                "inputs": {i.name: i.file if isinstance(i, FileInput) else i.key for i in job.inputs},
                "output": job.output,
                "memory_bytes": job.memory_bytes,
                "duration_s": float(job.duration),
            }
            for job in plan.jobs
        ],
    }


def jobs_script(plan: Plan, engine: Engine) -> str:
    """The exact commands. Run in an empty folder, the script leaves the finished file there as `out.mp4`."""
    lines = [
        "#!/bin/sh",
        "set -eu",
        f"ffmpeg={shlex.quote(engine.path)}",
        f"export FONTCONFIG_FILE={FONTCONFIG_NAME} FONTCONFIG_PATH=.",
    ]
    outputs = {job.key: f"../{job.key[:_SHORT]}/{job.output}" for job in plan.jobs}
    for number, job in enumerate(plan.jobs, start=1):
        lines += ["", f"# {number} of {len(plan.jobs)}: {_one_line(job.label)}"]
        folders = sorted({i.name.rpartition("/")[0] for i in job.inputs if "/" in i.name})
        lines.append(f"mkdir -p {' '.join(f'{job.key[:_SHORT]}/{folder}' for folder in folders or [''])}")
        lines.append(f"cd {job.key[:_SHORT]}")
        lines += [_link(source, outputs) for source in job.inputs]
        for file in job.files:
            lines += [f"cat > {file.name} <<'END_OF_FILE'", file.text.removesuffix("\n"), "END_OF_FILE"]
        lines += _commands(job)
        lines.append("cd ..")
    lines += ["", f"mv {plan.final.key[:_SHORT]}/{plan.final.output} {plan.final.output}"]
    return "\n".join(lines) + "\n"


def jobs_mermaid(plan: Plan) -> str:
    """A flowchart in Mermaid's language: which job needs which."""
    names = {job.key: f"j{number}" for number, job in enumerate(plan.jobs)}
    lines = ["flowchart LR"]
    lines += [f'  {names[job.key]}["{_one_line(job.label)}"]' for job in plan.jobs]
    lines += [f"  {names[need]} --> {names[job.key]}" for job in plan.jobs for need in dict.fromkeys(job.needs)]
    return "\n".join(lines) + "\n"


def _link(source: FileInput | JobInput, outputs: dict[str, str]) -> str:
    if isinstance(source, FileInput):
        return f"ln -sf {shlex.quote(source.file)} {source.name}"
    up = "../" * source.name.count("/")
    return f"ln -sf {up}{outputs[source.key]} {source.name}"


def _commands(job: Job) -> Iterator[str]:
    if job.upscale:
        request = job.upscale
        told = (
            f"{request.model}, {float(request.start):g}s to {float(request.end):g}s, {request.width}x{request.height}"
        )
        yield f"# A GPU host makes {job.output} of in0 ({told}): `montage-recipe gpu script` shows what runs there."
        yield f"test -s {job.output}"
        return
    if job.measure and job.loudness:
        target = float(job.loudness.integrated)
        yield f"# Measures. A build then chooses the filters that bring it to {target:g} LUFS; here, set GAIN yourself."
        yield f'"$ffmpeg" {shlex.join(job.measure).replace("{gain}", "anull")}'
        yield f': "${{GAIN:=anull}}"  # volume=XdB, X being {target:g} minus what was measured'
    command = shlex.join(job.argv).replace("{gain}", "'\"$GAIN\"'")
    yield f'"$ffmpeg" -y {command}'


def _one_line(label: str) -> str:
    return " ".join(label.split()).replace('"', "'")
