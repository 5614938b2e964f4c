"""Reads ffmpeg's log: what went wrong, and at which place of the recipe.

Every filter has a name that comes from the recipe, `crop@clips_1_effects_0`, and ffmpeg begins its messages with it;
`-loglevel level+info` adds how grave each one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from montage_recipe.diagnostics import Diagnostic, RecipePath, Severity
from montage_recipe.jobs.model import FileInput, Job, JobInput
from montage_recipe.render.process import Ending, Finished

_LINES_SHOWN = 10
_LINE_LENGTH = 300

_LINE = re.compile(
    r"(?P<who>(?:\[[^\[\]]*? @ 0x[0-9a-f]+\] )*)\[(?P<level>panic|fatal|error|warning|info)\] ?(?P<text>.*)"
)
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_NODE = re.compile(r"\b[a-z0-9_]+@(?P<id>[A-Za-z0-9_.]+)")
# What ffmpeg 9 says about itself after the cause is told.
_ECHO = re.compile(
    r"Task finished with error|Terminating thread with|Conversion failed|before EOF|Nothing was written into"
)
_LEVEL = re.compile(r"^((?:\[[^\[\]]*? @ 0x[0-9a-f]+\] )*)\[(?:panic|fatal|error|warning|info)\] ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A known way to fail: seen in the log, or in the exit status (ffmpeg 9 and later: AVERROR & 0xff)."""

    code: str
    pattern: re.Pattern[str]
    statuses: frozenset[int] = frozenset()
    says: str  # "ffmpeg SAYS while making LABEL"
    cure: str


def _rule(code: str, pattern: str, says: str, cure: str, *statuses: int) -> Rule:
    return Rule(code=code, pattern=re.compile(pattern), statuses=frozenset(statuses), says=says, cure=cure)


_NEVER = r"(?!)"
_EXHAUSTED = (
    _rule(
        "disk-full",
        r"No space left on device|Disk quota exceeded|File too large",
        "found no room to write",
        "free some space (`montage-recipe cache prune`), or keep the store on another disk: --cache DIR",
        *(228, 229, -25),  # ENOSPC, EFBIG, SIGXFSZ
    ),
    _rule(
        "out-of-memory",
        r"Cannot allocate memory|[Oo]ut of memory|malloc of size \d+ failed|bad_alloc",
        "ran out of memory",
        "give it more room: --jobs 1, a lower --memory-limit for the others, or a smaller canvas",
        244,  # ENOMEM
    ),
    _rule(
        "too-many-files",
        r"Too many open files",
        "was not allowed to open so many files",
        "raise the limit (`ulimit -n 4096`) or use fewer jobs at once: --jobs 1",
        232,
    ),
)
_OTHER_ENGINE = "use another ffmpeg (MONTAGE_FFMPEG); `montage-recipe doctor` says what this one lacks"
_RULES = (
    *_EXHAUSTED,
    _rule("filter-missing", r"No such filter", "lacks a filter", _OTHER_ENGINE),
    _rule("encoder-missing", r"Unknown encoder|Encoder not found", "lacks an encoder", _OTHER_ENGINE),
    _rule("decoder-missing", r"Unknown decoder|Decoder .*not found|no decoder found", "lacks a decoder", _OTHER_ENGINE),
    _rule("option-missing", r"[Oo]ption .*not found|Unrecognized option", "lacks an option", _OTHER_ENGINE),
    _rule(
        "no-such-file",
        r"No such file or directory|Impossible to open",
        "did not find a file",
        "check that the file is still there and readable",
        254,
    ),
    _rule("not-readable", r"Permission denied", "may not read a file", "make the file readable for you", 243),
    _rule(
        "corrupt-input",
        r"Invalid data found|moov atom not found|partial file|error while decoding|corrupt",
        "could not decode a file",
        "play the file at that place; copy it anew from the camera or convert it once",
        183,
    ),
    _rule(
        "ffmpeg-crashed",
        _NEVER,
        "crashed",
        "try another ffmpeg (MONTAGE_FFMPEG); if it happens again, the log helps ffmpeg's developers",
        *(-11, -6, -4, -7, -8, 139),
    ),
    _rule(
        "ffmpeg-ended",
        _NEVER,
        "was ended by somebody else",
        "build again; what is finished is kept",
        *(255, 123, -15, -2),
        *(-9, 137),  # SIGKILL; where the kernel sent it for lack of memory, `process.run` knows
    ),
)
_UNKNOWN = _rule("ffmpeg-failed", _NEVER, "failed", "the lines above say why; look at the clip or effect they name")
_STALLED = _rule(
    "ffmpeg-stalled",
    _NEVER,
    "made no progress for too long and was ended",
    "check that the footage is on a disk that answers, then build again",
)
_FLOODED = _rule(
    "ffmpeg-flooded",
    _NEVER,
    "wrote nothing but messages and was ended",
    "the footage is most likely damaged, or memory is short: try --jobs 1",
)
_KILLED = _rule(
    "killed-for-memory",
    _NEVER,
    "was killed by the system, which had no memory left,",
    "end other programs, or give this one's container more memory",
)
# ffmpeg ends with status 0 also after these: 5.1 for a full disk with FLAC or Matroska, for one.
_FATAL_WITH_STATUS_0 = re.compile(
    r"No space left on device|Error writing trailer|Error closing file|Error muxing a packet|av_interleaved_write_frame"
    r"|Error submitting a packet|Impossible to open|Cannot allocate memory|failed to find any fallback"
)
_DAMAGE = re.compile(r"error while decoding|concealing \d+|corrupt|partial file|Invalid NAL unit|Invalid data found")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    level: str
    text: str  # with the names of those who say it, without addresses


def diagnose(job: Job, finished: Finished) -> Diagnostic | None:
    """Why a job's ffmpeg failed, or None where neither its status nor its log says so."""
    messages = [message for message in _messages(finished.stderr) if not _ECHO.search(message.text)]
    grave = [message.text for message in messages if message.level in ("panic", "fatal", "error")]
    if finished.ending is Ending.EXITED and finished.status == 0:
        grave = [m.text for m in messages if m.level in ("panic", "fatal") or _FATAL_WITH_STATUS_0.search(m.text)]
        if not grave:
            return None
    origins = dict(job.origins)
    named = [text for text in grave if _place(text, origins)]
    rule = _match(finished, named[:1] or grave)
    cause = next((text for text in grave if rule.pattern.search(text)), None) or next(iter(named or grave), "")
    path = (_place(named[0], origins) if named else None) or job.at
    return Diagnostic(code=rule.code, message=_told(job, rule, finished, cause, grave), hint=rule.cure, path=path)


def damage(job: Job, finished: Finished) -> Diagnostic | None:
    """A warning where a job succeeded although parts of a source could not be decoded."""
    lines = [message.text for message in _messages(finished.stderr) if _DAMAGE.search(message.text)]
    if not lines:
        return None
    shown = _with_file_names(job, lines[0])
    message = (
        f"a source of {job.label} is damaged; ffmpeg filled the gaps ({len(lines)} complaints, the first: {shown})"
    )
    hint = "look at that part of the result; copy the file anew from the camera if you can"
    place = job.place_of_source
    return Diagnostic(code="source-damaged", message=message, hint=hint, path=place, severity=Severity.WARNING)


def blamed_parts(job: Job, finished: Finished) -> frozenset[str]:
    """The keys of the other jobs' outputs that the log names beside words of damage."""
    lines = [message.text for message in _messages(finished.stderr) if _DAMAGE.search(message.text)]
    parts = (source for source in job.inputs if isinstance(source, JobInput))
    return frozenset(part.key for part in parts if any(_name(part.name).search(line) for line in lines))


def without_levels(stderr: str) -> str:
    """The log as ffmpeg writes it without `-loglevel level+…`."""
    return _LEVEL.sub(r"\1", stderr)


def errors_in(stderr: str) -> Iterator[str]:
    """What ffmpeg calls an error, each once, without what only says that there was one."""
    found = (message.text for message in _messages(stderr) if message.level != "warning")
    yield from dict.fromkeys(text for text in found if not _ECHO.search(text))


def _messages(stderr: str) -> Iterator[_Message]:
    for line in stderr.splitlines():
        match = _LINE.fullmatch(line.rstrip())
        if match and match["level"] != "info":  # a file's own title, printed there, may look like anything
            who = _ADDRESS.sub("", match["who"]).strip()
            yield _Message(level=match["level"], text=f"{who} {match['text']}".strip()[:_LINE_LENGTH])
        elif line.startswith("x264 [error]"):  # from before ffmpeg takes over its log
            yield _Message(level="error", text=line[:_LINE_LENGTH])


def _match(finished: Finished, lines: list[str]) -> Rule:
    if finished.ending is Ending.STALLED:
        return _STALLED
    if finished.ending is Ending.FLOODED:
        return _FLOODED
    if finished.ending is Ending.OUT_OF_MEMORY:
        return _KILLED
    seen = (rule for rule in _RULES if any(rule.pattern.search(line) for line in lines))
    told = (rule for rule in _RULES if finished.status in rule.statuses)
    return next(seen, None) or next(told, _UNKNOWN)


def _place(line: str, origins: Mapping[str, RecipePath]) -> RecipePath | None:
    """The place of the filter that a line names."""
    return next((origins[match["id"]] for match in _NODE.finditer(line) if match["id"] in origins), None)


def _told(job: Job, rule: Rule, finished: Finished, cause: str, grave: list[str]) -> str:
    others = [line for line in dict.fromkeys(grave) if line != cause]
    status = "" if cause or rule is not _UNKNOWN else f" with status {finished.status}"
    first = f"ffmpeg {rule.says} while making {job.label}{status}" + (
        f": {_with_file_names(job, cause)}" if cause else ""
    )
    return "\n".join([first, *(f"  {_with_file_names(job, line)}" for line in others[: _LINES_SHOWN - 1])])


def _with_file_names(job: Job, line: str) -> str:
    """`line` with the names that files have in the job's folder replaced by the files they stand for."""
    for source in job.inputs:
        if isinstance(source, FileInput):
            line = _name(source.name).sub(lambda _, file=source.file: file, line)  # type: ignore[misc]  # mypy#15459
    return line


def _name(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/#.-])(?:file:)?{re.escape(name)}(?![\w#-])")
