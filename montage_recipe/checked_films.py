"""What was said of finished films: as text, Markdown, JSON and JUnit XML."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from montage_recipe import wording
from montage_recipe.checks.spec import Finding
from montage_recipe.diagnostics import Diagnostic
from montage_recipe.report.films import CheckedFilm, Verdict
from montage_recipe.timecode import seconds_data

Pictures = Mapping[Finding, Path]
Json = dict[str, Any]

_SHOWN = str.maketrans({letter: f"&#{ord(letter)};" for letter in "\\`*_{}[]<>()#+!|@~$&"} | {"\n": " "})


def status_of(verdict: Verdict) -> str:
    return "off" if verdict.judgement is None else "failed" if verdict.judgement.findings else "passed"


def counted(films: Sequence[CheckedFilm]) -> str:
    """How it went, in one line."""
    verdicts = [verdict for film in films for verdict in film.verdicts if verdict.judgement]
    failed = sum(verdict.failed for verdict in verdicts)
    checks = wording.counted(len(verdicts), "check")
    return f"{checks}, {failed} failed" if failed else f"{checks}, all passed"


def told(films: Sequence[CheckedFilm]) -> tuple[Diagnostic, ...]:
    """What was found, each with the name of its film in front where several were judged: a fault of the recipe that all of
    its outputs share would read the same otherwise."""
    return tuple(
        replace(fault, message=f"{film.film.name}: {fault.message}") if len(films) > 1 else fault
        for film in films
        for _, _, fault in film.diagnostics()
    )


def renewal(films: Sequence[CheckedFilm], update: Sequence[str]) -> str | None:
    """What to do where the film is no longer as a golden has it, and is right; None where every golden holds. `update` are the
    words of the command that writes them anew."""
    if any(verdict.failed and verdict.use.golden for film in films for verdict in film.verdicts):
        return f"if the change was meant: {_code(shlex.join(update))}, and commit the goldens"
    return None


# --- for people ------------------------------------------------------------------------------------------------------


def table_lines(film: CheckedFilm, here: Path) -> Iterator[str]:
    """One line for each check of a film; `here` is the folder from which its file is named where it lies below it."""
    width = max(len(verdict.use.name) for verdict in film.verdicts)
    yield str(film.video.relative_to(here) if film.video.is_relative_to(here) else film.video)
    for verdict in film.verdicts:
        word = {"passed": "ok", "failed": "FAILED", "off": "off"}[status_of(verdict)]
        says = verdict.judgement.says if verdict.judgement else "left out by the recipe"
        yield f"  {word:<6}  {verdict.use.name:<{width}}  {says}"
    for renewed in film.renewed:
        how = "written anew" if renewed.was_there else "written; look at it and commit it"
        yield f"  {renewed.file}: {how if renewed.written else 'as it was'}"
        yield from (f"    {change.message}" for change in renewed.changes)


def as_markdown(films: Sequence[CheckedFilm], pictures: Pictures, *, address: str, update: Sequence[str]) -> str:
    """For a step summary or a comment: what failed first, with pictures where they are found below `address`, then every check
    in a table. `update` is as in `renewal`. No text of a recipe can do anything there but be shown."""
    parts = [f"### {'❌' if any(film.failed for film in films) else '✅'} montage-recipe check: {counted(films)}"]
    for film in films:
        parts.append(f"**{_code(film.video.name)}**")
        for _, finding, fault in film.diagnostics():
            parts.append(_item(fault))
            if address and finding in pictures:
                parts.append(f"  ![{finding.code}]({address.rstrip('/')}/{quote(pictures[finding].name)})")
        rows = ["| | check | found |", "| --- | --- | --- |"]
        for verdict in film.verdicts:
            mark = {"passed": "✅", "failed": "❌", "off": "–"}[status_of(verdict)]
            says = verdict.judgement.says if verdict.judgement else "left out"
            rows.append(f"| {mark} | {verdict.use.name} | {_plain(says)} |")
        parts.append("<details><summary>All checks</summary>\n\n" + "\n".join(rows) + "\n\n</details>")
    if advice := renewal(films, update):
        parts.append(f"{advice[0].upper()}{advice[1:]}.")
    return "\n\n".join(parts).replace("\n\n- ", "\n- ").replace("**\n- ", "**\n\n- ") + "\n"


def _item(fault: Diagnostic) -> str:
    place = f" ({_code(str(fault.location))})" if fault.location else ""
    return f"- ❌ **{fault.code}**: {_code(fault.message)}{place}"


def _plain(text: str) -> str:
    """A text that Markdown shows as it is.

    >>> _plain("clip 2 (a & #1)")
    'clip 2 &#40;a &#38; &#35;1&#41;'
    """
    return text.translate(_SHOWN)


def _code(text: str) -> str:
    """A text that may hold words of a recipe, in code, where nothing of it is a link, a mention or a mark.

    >>> _code("the title `@all <b>` is missing")
    "`the title '@all <b>' is missing`"
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in text.replace("`", "'")).strip()
    return f"`{shown}`" if shown else "(empty)"


def refusal_as_markdown(diagnostics: Iterable[Diagnostic]) -> str:
    """Why nothing could be judged."""
    items = (_item(fault) + (f"<br>{_plain(fault.hint)}" if fault.hint else "") for fault in diagnostics)
    return "\n".join(("### ❌ montage-recipe check: nothing could be judged\n", *items)) + "\n"


# --- for programs ----------------------------------------------------------------------------------------------------


def as_data(films: Sequence[CheckedFilm], pictures: Pictures) -> Json:
    return {
        "status": "failed" if any(film.failed for film in films) else "passed",
        "outputs": [_film_data(film, pictures) for film in films],
    }


def _film_data(film: CheckedFilm, pictures: Pictures) -> Json:
    faults = film.faults
    return {
        "output": film.film.name,
        "video": str(film.video),
        "checks": [
            {
                "check": verdict.use.name,
                "status": status_of(verdict),
                "measured": verdict.judgement.says if verdict.judgement else None,
                "findings": [
                    _finding_data(finding, faults[finding], pictures)
                    for finding in (verdict.judgement.findings if verdict.judgement else ())
                ],
            }
            for verdict in film.verdicts
        ],
        "goldens": [
            {
                "file": str(renewed.file),
                "written": renewed.written,
                "changes": [change.message for change in renewed.changes],
            }
            for renewed in film.renewed
        ],
    }


def _finding_data(finding: Finding, fault: Diagnostic, pictures: Pictures) -> Json:
    at = fault.location
    return {
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "file": at.file if at else None,
        "line": at.line if at else None,
        "column": at.column if at else None,
        "start_s": seconds_data(finding.start),
        "end_s": seconds_data(finding.end),
        "still": str(pictures[finding]) if finding in pictures else None,
    }


def as_junit(films: Sequence[CheckedFilm]) -> str:
    """One suite for a film, one case for a check, as CI services read it."""
    root = ElementTree.Element("testsuites", name="montage-recipe check")
    for film in films:
        cases = film.verdicts
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(film.film.name),
            tests=str(len(cases)),
            failures=str(sum(verdict.failed for verdict in cases)),
            skipped=str(sum(verdict.judgement is None for verdict in cases)),
        )
        faults = film.faults
        for verdict in cases:
            _case(suite, film, verdict, faults)
    return _xml_text(root)


def refusal_as_junit(diagnostics: Iterable[Diagnostic]) -> str:
    """Why nothing could be judged: one case for each fault, none of which could be run."""
    faults = list(diagnostics)
    root = ElementTree.Element("testsuites", name="montage-recipe check")
    count = str(len(faults))
    suite = ElementTree.SubElement(root, "testsuite", name="montage-recipe", tests=count, errors=count)
    for fault in faults:
        case = ElementTree.SubElement(suite, "testcase", classname="montage-recipe", name=fault.code)
        error = ElementTree.SubElement(case, "error", type=fault.code, message=_xml(fault.message))
        error.text = _xml(f"{f'{fault.location}: ' if fault.location else ''}{fault.message}\nhelp: {fault.hint}")
    return _xml_text(root)


def _xml_text(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(
    suite: ElementTree.Element, film: CheckedFilm, verdict: Verdict, faults: Mapping[Finding, Diagnostic]
) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=_xml(film.film.name), name=_xml(verdict.use.title))
    if verdict.judgement is None:
        ElementTree.SubElement(case, "skipped", message="left out by the recipe")
        return
    if findings := verdict.judgement.findings:
        texts = []
        for finding in findings:
            place = faults[finding].location
            texts.append(f"{f'{place}: ' if place else ''}{finding.code}: {finding.message}\nhelp: {finding.hint}")
        failure = ElementTree.SubElement(case, "failure", type=findings[0].code, message=_xml(findings[0].message))
        failure.text = _xml("\n\n".join(texts))
    ElementTree.SubElement(case, "system-out").text = _xml(verdict.judgement.says)


def _xml(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        letter if letter in "\n\t" or (ord(letter) >= 32 and not 0xD800 <= ord(letter) < 0xE000) else "\ufffd"
        for letter in text
    )
