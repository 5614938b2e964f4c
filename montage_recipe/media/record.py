"""`MediaFacts` as JSON and back: what `probe --json` prints and what is remembered between runs."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

from montage_recipe.media.facts import AudioFacts, MediaFacts, MediaKind, VideoFacts


def to_json(facts: MediaFacts) -> dict[str, Any]:
    """Plain values: fractions as "numerator/denominator", absent ones as None.

    >>> _plain(Fraction(30000, 1001)), _plain(Fraction(2)), _plain((1, None))
    ('30000/1001', '2', [1, None])
    """
    plain = _plain(facts)
    assert isinstance(plain, dict)
    return plain


def from_json(data: dict[str, Any]) -> MediaFacts:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
    return MediaFacts(
        **data
        | {
            "kind": MediaKind(data["kind"]),
            "duration": _fraction(data["duration"]),
            "video": _video(data["video"]) if data["video"] else None,
            "audio": _audio(data["audio"]) if data["audio"] else None,
            "warnings": tuple(data["warnings"]),
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _video(data: dict[str, Any]) -> VideoFacts:
    exact = {name: Fraction(data[name]) for name in ("sar", "start", "duration")}
    return VideoFacts(**data | exact | {"rate": _fraction(data["rate"]), "keyframes": tuple(data["keyframes"])})


def _audio(data: dict[str, Any]) -> AudioFacts:
    return AudioFacts(**data | {name: Fraction(data[name]) for name in ("start", "duration")})
