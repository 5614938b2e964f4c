"""Northern lights over dark mountains."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key
from montage_recipe.generate.landscape import ridge_mask, with_stars
from montage_recipe.generate.lavfi import RGB, colored, enlarged, finished_picture, held, ramp, rgb, shaded
from montage_recipe.generate.spec import Generator, Produces, Shot

COLOR = choice("aurora-color", "One of green, violet.", ("green", "violet"))

# From the top of the curtains down to their lower hem.
CURTAINS: dict[str, tuple[RGB, ...]] = {
    "green": (rgb("2a1a6b"), rgb("6a3fb0"), rgb("2fb58c"), rgb("4dff9d"), rgb("c8ffd0")),
    "violet": (rgb("1a2a7a"), rgb("5a3fd0"), rgb("c04fd0"), rgb("ff7fb0"), rgb("ffd0c0")),
}
NIGHT = (rgb("03060f"), rgb("071427"), rgb("0d2a3d"), rgb("12404a"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aurora:
    color: str = key(COLOR, "The main colour of the lights.", default="green")


def _lower(params: Aurora, shot: Shot) -> str:
    ground = colored(shot, 2, 120, "", ramp(NIGHT, "Y/H"))
    tint = colored(shot, 2, 120, "", ramp(CURTAINS[params.color], "clip((Y/H-0.08)/0.52,0,1)"))
    graph = (
        f"{held(enlarged(ground, shot))},format=gbrp{with_stars(shot, 1.0)}[sky];"
        f"{held(enlarged(tint, shot))},format=gbrp[tint];"
        f"{enlarged(_curtains(shot), shot)},format=gray,format=gbrp[light];"
        "[tint][light]blend=all_mode=multiply[lights];[sky][lights]blend=all_mode=screen[lit];"
        f"{ridge_mask('mask', shot, _mountains(shot))}"
        f"color=c=0x02060a:s={shot.size}:r={shot.rate},format=gbrp[dark];[dark][mask]alphamerge[mountains];"
        "[lit][mountains]overlay=format=gbrp"
    )
    return finished_picture(graph, shot)


WIDTH, HEIGHT = 320, 144  # the curtains are soft: they are drawn small


def _curtains(shot: Shot) -> str:
    """Three hems that wave across the sky; light stands on each in rays and fades upwards."""
    graph = "".join(f"{_curtain(number, shot)}[curtain{number}];" for number in range(3))
    return f"{graph}[curtain0][curtain1]blend=all_mode=addition[pair];[pair][curtain2]blend=all_mode=addition"


def _curtain(number: int, shot: Shot) -> str:
    # Hem and rays depend on the column alone: one row of pixels each, drawn out over the height.
    column = f"st(0,(X-W/2)*{decimal(1.8 * shot.size.width / shot.size.height)}/W);"
    hem = (
        f"{decimal(0.5 - 0.09 * number)}"
        f"+0.075*sin({decimal(1.7 + 0.9 * number)}*ld(0)+{decimal(0.21 + 0.05 * number)}*T+{decimal(2.1 * number)})"
        f"+0.035*sin({4.3 + number}*ld(0)-{decimal(0.33 - 0.04 * number)}*T+{decimal(1.3 * number)})"
    )
    drift = f"3*sin({decimal(2.3 + number)}*ld(0)+0.4*T)+{decimal(0.7 + 0.2 * number)}*T"
    swell = f"sin({decimal(2.9 - 0.6 * number)}*ld(0)-{decimal(0.35 + 0.1 * number)}*T+{decimal(1.9 * number)})"
    rays = f"(0.62+0.38*sin({31 + 7 * number}*ld(0)+{drift}))*(0.55+0.45*{swell})"
    draw = f"scale={WIDTH}:{HEIGHT}:flags=neighbor"
    fall = f"{decimal(1 - 0.22 * number)}*exp(-val/65535*5.5)*(1-exp(-val/65535*45))"
    return (
        f"{shaded(shot, WIDTH, 1, column + hem)},{draw}[hem{number}];"
        f"{held(shaded(shot, 2, HEIGHT, 'Y/H') + ',' + draw)}[depth{number}];"
        f"[hem{number}][depth{number}]blend=all_mode=subtract,format=gray16le,lut=y='65535*{fall}'[fall{number}];"
        f"{shaded(shot, WIDTH, 1, column + rays)},{draw}[rays{number}];"
        f"[fall{number}][rays{number}]blend=all_mode=multiply"
    )


def _mountains(shot: Shot) -> str:
    place = f"((X-W/2)/W*{decimal(shot.size.width / shot.size.height)})"
    peaks = f"0.055*(1-2*abs(sin(2.3*{place}+0.7)))+0.03*(1-2*abs(sin(5.9*{place}+2)))+0.01*sin(17*{place})"
    return f"0.80-({peaks}+0.004*sin(43*{place})+0.0025*sin(91*{place}+1))"


GENERATOR = Generator(
    name="aurora",
    doc="Northern lights over dark mountains.",
    params=Aurora,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=(
        {"generate": "aurora", "duration": "6s"},
        {"generate": "aurora", "duration": "6s", "color": "violet"},
    ),
)
