"""A small piece of music: plucked strings and bells over a soft pad, four chords that go round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key, number
from montage_recipe.generate.lavfi import finished_sound
from montage_recipe.generate.spec import Generator, Produces, Shot

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
TEMPO = number(minimum=50, maximum=160, doc="Beats a minute, from 50 to 160.", examples=(96, 72))
KEY = choice("musical-key", "A major key: C, C#, D, Eb, E, F, F#, G, Ab, A, Bb or B.", NOTES)

# Semitones above the tonic: I with its ninth, V with its ninth, vi with its seventh, IV with its major seventh.
CHORDS = ((0, 7, 12, 14, 16, 19), (-5, 2, 7, 9, 11, 14), (-3, 4, 9, 12, 16, 19), (-7, 0, 5, 9, 12, 16))
PICKING = (0, 1, 2, 4, 3, 5, 2, 4)  # the strings of a chord in the eighths of a bar
# Quarters of eight bars; it is silent the first time round.
MELODY: tuple[int | None, ...] = (None,) * 16 + (
    *(28, None, 31, 28),
    *(26, None, 23, None),
    *(24, None, 28, 26),
    *(24, None, None, 19),
)
BARS, EIGHTHS = 8, 8
SYNTH_RATE = 16_000  # Hz: nothing in it sounds above 4 kHz, and a third of the samples is a third of the work
TONIC_HZ = 146.832384  # D3, in the middle of the keys: Ab is half an octave below, G a fourth above


@dataclass(frozen=True, slots=True, kw_only=True)
class Tune:
    tempo: float = key(TEMPO, "How fast the tune goes.", default=92.0)
    key: str = key(KEY, "The major key the tune is in.", default="D")


def _lower(params: Tune, shot: Shot) -> str:
    eighth = round(SYNTH_RATE * 30 / params.tempo)  # whole samples, so that the round closes exactly
    tonic = TONIC_HZ * 2 ** (((NOTES.index(params.key) - 2 + 5) % 12 - 5) / 12)
    left, right = (_channel(tonic, eighth, side) for side in (-1, 1))
    samples = eighth * EIGHTHS * BARS
    round_ = f"aevalsrc=exprs='{left}|{right}':s={SYNTH_RATE}:c=stereo,atrim=end_sample={samples}"
    room = "aecho=0.9:0.85:47|83|131|197:0.20|0.16|0.12|0.08"
    return finished_sound(f"{round_},aloop=loop=-1:size={samples},aresample=48000,afade=t=in:d=0.03,{room}", shot)


def _channel(tonic: float, eighth: int, side: int) -> str:
    """One ear's sound at sample n; -1 is left, 1 right."""
    voices = (
        _strings(tonic, eighth, side),
        _bass(tonic, eighth),
        _pad(tonic, eighth, side),
        _bells(tonic, eighth, side),
    )
    return "+".join(f"({voice})" for voice in voices)


def _strings(tonic: float, eighth: int, side: int) -> str:
    pitches = [tonic * 2 ** (chord[string] / 12) for chord in CHORDS for string in PICKING]
    # Each string rings on under the next two; odd ones stand to the right, even ones to the left.
    rings = (
        f"st(0,floor(n/{eighth})-{back}+{len(pitches)});{_since(eighth, back)}"
        f"st(2,2*PI*ld(1)*{_look_up(pitches, f'mod(ld(0),{len(pitches)})')});"
        f"st(9,ld(9)+(0.5+{decimal(0.18 * side)}*(1-2*mod(ld(0)+1,2)))*(1-exp(-ld(1)*400))"
        f"*{_damped(3 * eighth)}*{_pluck('ld(2)', 'ld(1)')});"
        for back in range(3)
    )
    return f"st(9,0);{''.join(rings)}0.30*ld(9)"


def _since(length: int, back: int) -> str:
    """Stores as 1 the seconds since the note began that is `back` notes of `length` samples before the present one."""
    return f"st(1,mod(n,{length})/{SYNTH_RATE}+{decimal(back * length / SYNTH_RATE)});"


def _damped(samples: int) -> str:
    """Fades out within 50 ms up to `samples` after a note's start, so that its end does not click."""
    return f"clip(({samples}/{SYNTH_RATE}-ld(1))*20,0,1)"


def _pluck(phase: str, since: str) -> str:
    """A string: the higher a partial, the sooner it fades."""
    partials = ((1, 1.0, 2.8), (2, 0.5, 4.6), (3, 0.26, 7.5))
    return "(" + "+".join(f"{share}*sin({k}*{phase})*exp(-{decay}*{since})" for k, share, decay in partials) + ")"


def _bass(tonic: float, eighth: int) -> str:
    half = eighth * EIGHTHS // 2
    roots = [tonic * 2 ** ((chord[0] - 12) / 12) for chord in CHORDS for _ in range(2)]
    pitch = _look_up(roots, f"mod(floor(n/{half}),{len(roots)})")
    return (
        f"st(1,mod(n,{half})/{SYNTH_RATE});st(2,2*PI*ld(1)*{pitch});"
        f"0.20*(1-exp(-ld(1)*150))*{_damped(half)}"
        "*exp(-1.1*ld(1))*(sin(ld(2))+0.35*sin(2*ld(2))*exp(-2*ld(1)))"
    )


def _pad(tonic: float, eighth: int, side: int) -> str:
    bar = eighth * EIGHTHS
    chord = f"mod(floor(n/{bar}),{len(CHORDS)})"
    detuned = 1 + 0.0011 * side  # both ears differ by a slow beat: the sound gets wide
    tones = "+".join(
        f"sin(2*PI*ld(1)*{_look_up([tonic * detuned * 2 ** (c[voice] / 12) for c in CHORDS], 'ld(3)')})"
        for voice in (2, 3, 4)
    )
    return (
        f"st(1,mod(n,{bar})/{SYNTH_RATE});st(3,{chord});st(4,mod(n,{bar})/{bar});0.055*pow(sin(PI*ld(4)),0.6)*({tones})"
    )


def _bells(tonic: float, eighth: int, side: int) -> str:
    quarter = eighth * 2
    pitches = [0.0 if note is None else tonic * 2 ** (note / 12) for note in MELODY]
    rings = (
        f"st(0,mod(floor(n/{quarter})-{back}+{len(pitches)},{len(pitches)}));"
        f"{_since(quarter, back)}"
        f"st(2,2*PI*ld(1)*{_look_up(pitches, 'ld(0)')});"
        f"st(9,ld(9)+(1-exp(-ld(1)*300))*{_damped(2 * quarter)}"
        "*exp(-2.2*ld(1))*(sin(ld(2))+0.25*sin(2.756*ld(2))*exp(-5*ld(1))));"
        for back in range(2)
    )
    return f"st(9,0);{''.join(rings)}{decimal(0.10 + 0.02 * side)}*ld(9)"


def _look_up(values: Sequence[float], index: str) -> str:
    """An expression that picks the value of a whole-number index, by halving."""
    if len(values) == 1 or len(set(values)) == 1:
        return decimal(values[0])
    return f"(st(8,{index})*0+{_halve(values, 0)})"


def _halve(values: Sequence[float], first: int) -> str:
    if len(set(values)) == 1:
        return decimal(values[0])
    middle = len(values) // 2
    low, high = _halve(values[:middle], first), _halve(values[middle:], first + middle)
    return f"if(lt(ld(8),{first + middle}),{low},{high})"


GENERATOR = Generator(
    name="tune",
    doc="A gentle tune of plucked strings and bells over a soft pad.",
    params=Tune,
    produces=Produces.AUDIO,
    lower=_lower,
    examples=(
        {"generate": "tune", "duration": "12s"},
        {"generate": "tune", "duration": "8s", "tempo": 120, "key": "Bb"},
    ),
)
