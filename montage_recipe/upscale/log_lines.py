"""A log as lines that rules can read: without colours, progress and the text of programs that tracebacks quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# ffmpeg writes its messages behind its progress, without a line's end between them.
# So does scp.
_PROGRESS = re.compile(r"^(?:(?:frame|size)=.*?\bspeed=\s*\S+?x?(?: elapsed=\S+)?\s{2,}|.*\d%.*/s .*ETA(?=\S))")
_BOXED = re.compile(r"│ +(?:❱ +)?\d+ │")  # the source that a traceback of rich quotes
_FRAME = re.compile(r'^\s*(?:File "|\|?\s*File ")[^"]*", line \d+(?:, in .*)?$')
# What a file says of itself, or what it is called, may look like anything.
_METADATA = re.compile(r"^\s{4,}(?:[\w-]+\s+|[\w-]+(?:\.[\w-]+)+\s*): |^(?:Input|Output) #\d+, ")
# `ssh -v` tells of each key and each address that it tries; what came of them all it says without "debug".
_TRIED = re.compile(r"\bdebug\d: (?:connect to address |no such identity: )")
_RESULT = re.compile(r'"ev": ?"progress"|"ev": ?"end", ?"ok": ?true|^Successfully installed |\bAuthenticated to \S+ \(')
# What logging, schedulers and kernels write in front of a message: a time, a name in brackets, a level, a word and a colon.
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_LEVEL = r"(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)"
_STAMPS = (
    rf"[A-Z][a-z]{{2}} [ \d]\d {_CLOCK} \S+ [\w.@-]+(?:\[\d+\])?: ?",  # the journal, syslog
    rf"(?:\d{{4}}[-/]\d\d[-/]\d\d[T ]|\d\d-\d\d )?{_CLOCK}:? ?",
    r"\[[^\]]{1,60}\](?:<std(?:out|err)>)?:? ?",  # mpirun's too
    r"std(?:out|err) [FP] ",  # Kubernetes
    r"[\w.-]{1,40} *\| ?",  # docker compose
    rf"\| *{_LEVEL} *\| (?:[\w.<>]+:[\w<>]+:\d+ - )?",  # loguru
    rf"- [\w.]+ - {_LEVEL} - ",  # logging, as most people set it up
    rf"{_LEVEL}\s+\[[^\]]{{1,60}}\] (?:[\w.]+ - )?",
    r"DEBG '[^']{1,40}' std(?:out|err) output: ?",  # supervisord
    r"\([\w.]{1,40}(?: pid=\d+)?\) ",  # Ray
    rf"\{{[\w.]+:\d+\}} (?:{_LEVEL} - )?",  # Airflow
    r"[EWIF] ?\d{4} ",  # glog
    r"#\d+ \d+\.\d+ ",  # BuildKit
    rf"; ?{_LEVEL} - ",  # logging, with a semicolon after the time
    r"[A-Z]{3} (?=\[\d{8}-)|thr=\d+ +paramiko[\w.]*: ?",  # paramiko's own log
    r"> ",
)
# Docker keeps each line as JSON, and so do many programs; others write `msg="..."`.
_ENCLOSED = re.compile(r'(?:"(?:msg|message|log)": ?|\bmsg=)"((?:[^"\\]|\\.)*)"')
_STAMP = re.compile("|".join(_STAMPS))
_PREFIX = re.compile(rf"(?:{'|'.join(_STAMPS)}|{_LEVEL}(?::[\w.]+)?(?::| -|\b)|[\w.-]{{1,24}}: |- ) *")
_MOST_PREFIXES = 5


@dataclass(frozen=True, slots=True)
class LogLine:
    number: int  # from 1, in the file
    text: str
    quoted: bool  # nothing that a program says of this run


def log_lines(log: str) -> tuple[LogLine, ...]:
    """The lines that hold something.

    >>> [line.text for line in log_lines("frame=  2 fps=0 speed=1.09x    Broken pipe\\r\\n\\x1b[31mred\\x1b[m")]
    ['Broken pipe', 'red']
    """
    return tuple(_lines(log))


def _lines(log: str) -> Iterator[LogLine]:
    deeper_than = -1  # how far in the last frame of a traceback stands; the source it quotes stands further in
    for number, line in enumerate(dedent(log).split("\n"), start=1):
        for part in line.split("\r"):
            text = _CONTROLS.sub("", _PROGRESS.sub("", _ESCAPES.sub("", part))).rstrip()
            if not text.strip():
                continue
            bare = _without_stamps(text)
            indent = len(bare) - len(bare.lstrip())
            frame = _FRAME.match(bare) is not None
            deeper_than = indent if frame else deeper_than if indent > deeper_than >= 0 else -1
            quoted = deeper_than >= 0 or bare.strip().startswith("Traceback (most recent")
            quoted = quoted or _METADATA.match(part) is not None
            quoted = quoted or _TRIED.search(part) is not None or _BOXED.search(part) is not None
            yield LogLine(number, text.strip(), quoted)


def _without_stamps(text: str) -> str:
    """It keeps its indentation, by which what a traceback quotes is known."""
    text = _enclosed(text)
    for _ in range(_MOST_PREFIXES):
        stamp = _STAMP.match(text)
        if stamp is None:
            break
        text = text[stamp.end() :]
    return text


def _enclosed(text: str) -> str:
    """The message that a record holds, where it is one."""
    record = _ENCLOSED.search(text)
    return record[1].removesuffix("\\n").replace('\\"', '"') if record else text


def variants(text: str) -> tuple[str, ...]:
    """A message as it stands, and without one after the other of what a log may have put in front of it.

    >>> variants("12:00:01,123 ERROR upscale: MemoryError")
    ('12:00:01,123 ERROR upscale: MemoryError', 'ERROR upscale: MemoryError', 'upscale: MemoryError', 'MemoryError')
    """
    found = list(dict.fromkeys((text, _enclosed(text))))
    for _ in range(_MOST_PREFIXES):
        prefix = _PREFIX.match(found[-1])
        if prefix is None or prefix.end() in (0, len(found[-1])):
            break
        found.append(found[-1][prefix.end() :])
    return tuple(found)


def went_on(line: LogLine) -> bool:
    """Whether it tells of work that got further: what was said before it did not end the run."""
    return _RESULT.search(line.text) is not None
