"""A glide along misty hills, one behind the other."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key
from montage_recipe.generate.landscape import ridge_mask, with_stars
from montage_recipe.generate.lavfi import RGB, colored, disc, enlarged, finished_picture, grain, held, ramp, rgb
from montage_recipe.generate.spec import Generator, Produces, Shot

LIGHT = choice("hills-light", "One of dusk, dawn, night.", ("dusk", "dawn", "night"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Light:
    sky: tuple[RGB, ...]  # from the top down to the horizon
    glow: RGB  # around the sun or moon
    far: RGB  # the colour of the farthest ridge
    near: RGB
    stars: float  # how bright, 0 to 1


LIGHTS = {
    "dusk": _Light(
        sky=(rgb("2c2a5c"), rgb("6d4a8c"), rgb("d9738a"), rgb("ffb27a"), rgb("ffdca0")),
        glow=rgb("ffe9b0"),
        far=rgb("c98a98"),
        near=rgb("1c1430"),
        stars=0.0,
    ),
    "dawn": _Light(
        sky=(rgb("5a8fc4"), rgb("93b9d9"), rgb("cfdcdf"), rgb("f7e3c4"), rgb("fff0d0")),
        glow=rgb("fffbe6"),
        far=rgb("b7c7d3"),
        near=rgb("16343a"),
        stars=0.0,
    ),
    "night": _Light(
        sky=(rgb("050a1c"), rgb("0a1634"), rgb("12264e"), rgb("1d3a66"), rgb("2b5078")),
        glow=rgb("c9dcf0"),
        far=rgb("223c5c"),
        near=rgb("02050b"),
        stars=1.0,
    ),
}
SUN_X, SUN_Y, SUN_RADIUS = 0.36, 0.47, 0.045  # from the left and the top, in picture heights but for x
LAYERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hills:
    light: str = key(LIGHT, "The time of day.", default="dusk")


def _lower(params: Hills, shot: Shot) -> str:
    light = LIGHTS[params.light]
    graph = _sky(light, shot)
    for layer in range(LAYERS):
        graph += (
            f"{ridge_mask(f'mask{layer}', shot, _ridge(layer))}"
            f"{held(_slope(light, layer, shot))},format=gbrp[color{layer}];"
            f"[color{layer}][mask{layer}]alphamerge[ridge{layer}];"
            f"[scene{layer}][ridge{layer}]overlay=format=gbrp[scene{layer + 1}];"
        )
    return finished_picture(f"{graph}[scene{LAYERS}]null", shot)


def _sky(light: _Light, shot: Shot) -> str:
    place = f"st(0,hypot((X-{SUN_X}*W)/H,Y/H-{SUN_Y}));"
    setup = f"{place}st(1,0.6*exp(-ld(0)*5.5)+0.3*exp(-ld(0)*16));st(2,clip(Y/H/0.72,0,1));"
    channels = tuple(
        f"({sky})*(1-ld(1))+{decimal(sun)}*ld(1)" for sky, sun in zip(ramp(light.sky, "ld(2)"), light.glow, strict=True)
    )
    width = max(2, 180 * shot.size.width // shot.size.height)
    air = enlarged(held(colored(shot, width, 180, setup, (channels[0], channels[1], channels[2]))), shot)
    sun = disc(shot, SUN_RADIUS * shot.size.height, light.glow, "1")
    place = f"x='{SUN_X}*W-w/2':y='{SUN_Y}*H-h/2'"
    stars = with_stars(shot, light.stars) if light.stars else ""
    return f"{air},format=gbrp{stars}[air];{sun}[sun];[air][sun]overlay={place}:format=gbrp[scene0];"


def _ridge(layer: int) -> str:
    """How far down the picture the ridge stands at X: sines that get rougher, and pass faster, the nearer it is."""
    near = layer / (LAYERS - 1)
    place = f"(X/{0.9 + 0.5 * near:.3f}/W*1.7+{layer * 3.71:.2f}+T*{0.012 + 0.075 * near * near:.5f})"
    top, height = 0.56 + 0.33 * near, 0.085 - 0.01 * near
    waves = ((2.1, 0.45), (4.7, 0.32), (9.3, 0.15), (19.7, 0.06), (41.3, 0.03))
    shape = "+".join(
        f"{share}*(1-2*abs(sin({frequency}*{place}+{layer * (number + 1) * 1.3:.2f})))"
        if number in (1, 2)
        else f"{share}*sin({frequency}*{place}+{layer * (number + 1) * 1.7:.2f})"
        for number, (frequency, share) in enumerate(waves)
    )
    return f"{top:.3f}-{height:.3f}*({shape}){_trees(place) if layer >= LAYERS - 2 else ''}"


def _trees(place: str) -> str:
    """Spires of uneven height along a ridge."""
    spire = f"(1-2*abs(mod({place}*61,1)-0.5))"
    return f"-0.028*pow({spire},1.5)*(0.35+0.65*{grain(f'floor({place}*61)', '1', 5)})"


def _slope(light: _Light, layer: int, shot: Shot) -> str:
    """A ridge's colour: darker the nearer, paler where mist gathers at its foot."""
    near = (layer / (LAYERS - 1)) ** 0.8
    crest = tuple(far + (close - far) * near for far, close in zip(light.far, light.near, strict=True))
    foot = tuple(color + (mist - color) * 0.45 * (1 - near) for color, mist in zip(crest, light.glow, strict=True))
    top = 0.5 + 0.33 * layer / (LAYERS - 1)
    channels = ramp(((crest[0], crest[1], crest[2]), (foot[0], foot[1], foot[2])), f"clip((Y/H-{top:.3f})/0.2,0,1)")
    return enlarged(colored(shot, 2, 180, "", channels), shot)


GENERATOR = Generator(
    name="hills",
    doc="A glide along misty hills, one behind the other.",
    params=Hills,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=(
        {"generate": "hills", "duration": "6s"},
        {"generate": "hills", "duration": "6s", "light": "dawn"},
    ),
)
