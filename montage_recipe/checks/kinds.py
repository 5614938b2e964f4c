"""Kinds of value that only checks have."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from montage_recipe.checks.spec import OFF
from montage_recipe.fields import Kind, choice, number
from montage_recipe.recipe.kinds import LOUDNESS_DBTP, LOUDNESS_LUFS, level, percent
from montage_recipe.recipe.values import DECIMAL, SPACE, matched, refuse_controls, searched, whole

SWITCH = choice("switch", "`on` or `off`", ("on", OFF))


def or_off(kind: Kind) -> Kind:
    """The same kind, or the word `off`, which stays a word."""
    types = kind.schema["type"]
    types = [types] if isinstance(types, str) else list(types)
    schema = {**kind.schema, "type": types if "string" in types else [*types, "string"]}
    if "pattern" in schema or "string" not in types:
        pattern = f"(?:{schema['pattern']})|{whole(OFF)}" if "pattern" in schema else whole(OFF)
        schema["pattern"] = pattern
    return Kind(
        name=f"{kind.name}-or-off",
        doc=f"{kind.doc}; `off` leaves the check out",
        examples=(*kind.examples, OFF),
        schema=schema,
        parse=lambda value: OFF if value == OFF else kind.parse(value),
    )


def _amount(name: str, doc: str, units: dict[str, int], example: str) -> Kind:
    """A number with its unit; the typed value is a whole number of the smallest one."""
    pattern = re.compile(rf"({DECIMAL}){SPACE}({'|'.join(map(re.escape, units))})")

    def parse(value: Any) -> int:
        match = matched(pattern, value, f"{doc}: write {example}")
        amount = Fraction(match[1]) * units[match[2]]
        if amount < 1:
            raise ValueError(f"{value} is nothing")
        return int(amount)

    schema = {"type": "string", "pattern": searched(pattern)}
    return Kind(name=name, doc=f"{doc}: `{example}`", examples=(example,), schema=schema, parse=parse)


FILE_SIZE = or_off(
    _amount(
        "file-size", "a size of a file, in kB, MB or GB of a thousand", {"kB": 1000, "MB": 10**6, "GB": 10**9}, "50MB"
    )
)
BITRATE = or_off(
    _amount("bitrate", "bits a second, in kb/s or Mb/s of a thousand", {"kb/s": 1000, "Mb/s": 10**6}, "8Mb/s")
)
LUFS_OR_OFF, DBTP_OR_OFF = or_off(LOUDNESS_LUFS), or_off(LOUDNESS_DBTP)
LU = level("loudness-difference", "LU", 0, 20, "a difference of loudness", 1)
DB = level("level-difference", "dB", 0, 20, "a difference of levels", 1)
MARGIN = or_off(
    percent(
        "margin",
        minimum=0,
        maximum=40,
        doc="a part of the picture's width and height, `0%` to `40%`",
        examples=("5%", "10%"),
    )
)
SSIM = number(minimum=0, maximum=1, doc="SSIM, a number from 0 to 1; 1 is the same picture.", examples=(0.98, 0.95))
VMAF = number(minimum=0, maximum=100, doc="VMAF, a number from 0 to 100; above 93 nobody sees it.", examples=(93, 90))


def _golden(ending: str, what: str) -> Kind:
    def parse(value: Any) -> str:
        text = refuse_controls(str(value))
        if not text.lower().endswith(ending) or text.lower().endswith(f"/{ending}"):
            raise ValueError(f"{text!r} does not end in {ending}")
        return text

    return Kind(
        name=f"golden-{ending[1:]}",
        doc=f"{what}: a file that ends in `{ending}`, which `check --update` writes; a relative path counts from the "
        "recipe's folder",
        examples=(f"golden/trip{ending}",),
        schema={"type": "string", "minLength": 1, "maxLength": 4096},
        parse=parse,
    )


GOLDEN_PNG = _golden(".png", "a golden picture")
GOLDEN_TEXT = _golden(".txt", "a golden text")
