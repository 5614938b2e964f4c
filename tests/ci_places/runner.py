"""Runs the steps of action.yml as GitHub's runner does: in order, with their conditions, environment and files. Steps that use
Actions of others are not run; what they would have been given is kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|!|[(),]|[\w.-]+)")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_STATUS = re.compile(r"\b(?:success|failure|always|cancelled)\(\)")
_WORDS = {"&&": " and ", "||": " or ", "!": " not "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    outcome: str  # success, failure or skipped
    status: int = 0
    said: str = ""
    given: Mapping[str, str] = field(default_factory=dict)  # to an Action of somebody else


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    severity: str
    file: str
    line: int
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRun:
    steps: Mapping[str, Step]  # by name
    summary: str

    @property
    def outcomes(self) -> dict[str, str]:
        return {name: step.outcome for name, step in self.steps.items()}

    @property
    def annotations(self) -> list[Annotation]:
        return [annotation for step in self.steps.values() for annotation in annotations_in(step.said)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for all steps."""

    workspace: Path
    temp: Path
    path: str  # of programs
    action: Path = REPOSITORY
    event: Mapping[str, Any] = field(default_factory=dict)
    server: str = "https://example.org"
    repository: str = "owner/film"
    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # id of a step -> what its Action answers

    def run(
        self, inputs: Mapping[str, str], *, only: Collection[str] = (), leave_out: Collection[str] = ()
    ) -> ActionRun:
        """All steps, or `only` some by their names, but those in `leave_out`."""
        definition = yaml.safe_load((self.action / "action.yml").read_text(encoding="utf-8"))
        assert inputs.keys() <= definition["inputs"].keys()
        named = {one["name"] for one in definition["runs"]["steps"]}
        assert {*only, *leave_out} <= named
        left_out = {*leave_out, *(named - {*only} if only else ())}
        required = {name for name, one in definition["inputs"].items() if one.get("required")}
        assert required <= inputs.keys()
        context: dict[str, Any] = {
            "github": {"event": self.event, "token": "a-token"},
            "runner": {"os": "Linux", "arch": "X64"},
            "steps": {},
        }
        defaults = {name: _filled(one.get("default", ""), context) for name, one in definition["inputs"].items()}
        context["inputs"] = {**defaults, **inputs}
        summary = self.temp / "summary.md"
        summary.write_text("")
        path, steps, failed = self.path, dict[str, Step](), False
        for number, one in enumerate(definition["runs"]["steps"]):
            outputs: Mapping[str, str] = {}
            if one["name"] in left_out or not _wanted(one.get("if", ""), context, failed=failed):
                step = Step(name=one["name"], outcome="skipped")
            elif "uses" in one:
                given = {name: _filled(value, context) for name, value in one.get("with", {}).items()}
                step = Step(name=one["name"], outcome="success", given=given)
                outputs = self.given.get(one.get("id", ""), {})
            else:
                files = {name: self.temp / f"{name}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
                step = self._shell(one, context, path, {**files, "GITHUB_STEP_SUMMARY": summary})
                outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
                path = os.pathsep.join([*files["GITHUB_PATH"].read_text().splitlines(), path])
            failed = failed or step.outcome == "failure"
            steps[step.name] = step
            if "id" in one:
                context["steps"][one["id"]] = {"outcome": step.outcome, "outputs": outputs}
        return ActionRun(steps=steps, summary=summary.read_text(encoding="utf-8"))

    def _shell(self, step: Mapping[str, Any], context: Mapping[str, Any], path: str, files: Mapping[str, Path]) -> Step:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "a value would be run as a script"
        for file in files.values():
            file.touch()
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        environment = {
            "PATH": path,
            "HOME": str(self.temp),
            "PIP_CACHE_DIR": str(Path("~/.cache/pip").expanduser()),
            "LANG": "C.UTF-8",
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_SERVER_URL": self.server,
            "GITHUB_RUN_ID": "7",
            "GITHUB_RUN_ATTEMPT": "1",
            **{name: str(file) for name, file in files.items()},
            **{name: _filled(value, context) for name, value in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)),
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        outcome = "failure" if done.returncode else "success"
        return Step(name=step["name"], outcome=outcome, status=done.returncode, said=done.stdout)


# --- expressions -----------------------------------------------------------------------------------------------------


def _filled(text: str, context: Mapping[str, Any]) -> str:
    return _EXPRESSION.sub(lambda found: str(evaluate(found[1], context, failed=False)), text)


def _wanted(condition: str, context: Mapping[str, Any], *, failed: bool) -> bool:
    expression = condition.strip().removeprefix("${{").removesuffix("}}") or "success()"
    if not _STATUS.search(expression):
        expression = f"success() && ({expression})"
    return bool(evaluate(expression, context, failed=failed))


def evaluate(expression: str, context: Mapping[str, Any], *, failed: bool) -> Any:
    """What an expression of GitHub's gives; what is not there counts as an empty text.

    >>> context = {"inputs": {"a-b": "x"}, "steps": {}}
    >>> evaluate("inputs.a-b == 'x' && !cancelled()", context, failed=False)
    True
    >>> evaluate("steps.one.outputs.two || 'y'", context, failed=False)
    'y'
    """
    words, at, text = [], 0, expression.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token, f"not understood here: {text[at:]}"
        at = token.end()
        word = token[1]
        if word[0] == "'":
            words.append(repr(word[1:-1].replace("''", "'")))
        elif re.match(r"\w", word) and not text[at:].startswith("("):
            words.append(repr(_looked_up(word, context)))
        else:
            words.append(_WORDS.get(word, word))
    functions = {
        "success": lambda: not failed,
        "cancelled": lambda: False,
        "endsWith": lambda text, end: text.endswith(end),
    }
    return eval("".join(words), {"__builtins__": {}}, functions)  # made of the words above and nothing else


def _looked_up(name: str, context: Mapping[str, Any]) -> str:
    value: Any = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)


# --- what GitHub makes of a log --------------------------------------------------------------------------------------


def annotations_in(log: str) -> Iterator[Annotation]:
    """Of commands in a log, but where they are stopped; and of what the problem matcher matches, where it is there."""
    pattern: re.Pattern[str] | None = None
    stopped = ""
    for line in log.splitlines():
        command = re.fullmatch(r"::([\w-]+)(?: (.*?))?::(.*)", line)
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif command and command[1] == "stop-commands":
            stopped = command[3]
        elif command and command[1] == "add-matcher":
            (matcher,) = json.loads(Path(command[3]).read_text())["problemMatcher"]
            pattern = re.compile(matcher["pattern"][0]["regexp"])
        elif command and command[1] == "remove-matcher":
            pattern = None
        elif command and command[1] in ("error", "warning", "notice"):
            yield _annotation(command[1], command[2] or "", command[3])
        if pattern and (found := pattern.match(line)):
            yield Annotation(severity="error", file=found[1], line=int(found[2]), title=found[4], message=found[5])


def _annotation(severity: str, properties: str, message: str) -> Annotation:
    values = dict(part.split("=", 1) for part in properties.split(",") if part)
    plain = {name: _plain(value) for name, value in values.items()}
    return Annotation(
        severity=severity,
        file=plain.get("file", ""),
        line=int(plain.get("line", 0)),
        title=plain.get("title", ""),
        message=_plain(message),
    )


def _plain(text: str) -> str:
    for code, letter in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text
