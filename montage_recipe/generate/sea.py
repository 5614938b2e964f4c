"""A calm sea under a low sun or moon, with its light on the water."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key
from montage_recipe.generate.lavfi import RGB, colored, disc, enlarged, finished_picture, held, ramp, rgb, shaded
from montage_recipe.generate.spec import Generator, Produces, Shot

LIGHT = choice("sea-light", "One of sunset, moonlight.", ("sunset", "moonlight"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Light:
    sky: tuple[RGB, ...]  # from the top down to the horizon
    water: tuple[RGB, ...]  # from the horizon down
    shine: RGB  # the sun or moon, and its light on the water
    height: float  # of its centre above the horizon, in picture heights


LIGHTS = {
    "sunset": _Light(
        sky=(rgb("3a3f7d"), rgb("8d5a94"), rgb("e2746b"), rgb("ffad5c"), rgb("ffe08a")),
        water=(rgb("d98a63"), rgb("8a4f6d"), rgb("43376b"), rgb("1d1f48")),
        shine=rgb("fff3c4"),
        height=0.11,
    ),
    "moonlight": _Light(
        sky=(rgb("04081a"), rgb("0a1833"), rgb("14305a"), rgb("2a527c"), rgb("4d7a9c")),
        water=(rgb("34607f"), rgb("17395c"), rgb("0b1f3d"), rgb("040a1c")),
        shine=rgb("eef4ff"),
        height=0.34,
    ),
}
HORIZON = 0.54  # from the top, in picture heights
RADIUS = 0.055


@dataclass(frozen=True, slots=True, kw_only=True)
class Sea:
    light: str = key(LIGHT, "What stands over the sea.", default="sunset")


# 0: how far below the horizon (0 to 1); 1: how far away; 2: how far to the side, in perspective.
_PLACE = "st(0,(Y+0.5)/H);st(1,1/(ld(0)+0.07));st(2,(X-W/2)/H*ld(1));"
_WAVES = (
    "0.5+0.2*sin(3.1*ld(1)+1.3*T+0.6*sin(1.1*ld(2)+0.4*T))+0.14*sin(7.3*ld(1)-1.9*T+2.1*ld(2))"
    "+0.12*sin(13.7*ld(1)+2.7*T-3.7*ld(2)+sin(5*ld(2)-1.1*T))"
)
WIDTH, HEIGHT = 200, 100  # the water is drawn small


def _lower(params: Sea, shot: Shot) -> str:
    light = LIGHTS[params.light]
    horizon = round(HORIZON * shot.size.height)
    sun = disc(shot, RADIUS * shot.size.height, light.shine, "1", softness=2.5)
    place = f"x=(W-w)/2:y={horizon}-{decimal(light.height)}*H-h/2"
    graph = (
        f"{held(_sky(light, shot))},format=gbrp[sky];{sun}[sun];[sky][sun]overlay={place}:format=gbrp[above];"
        f"{_water(light, shot)},scale={shot.size.width}:{shot.size.height - horizon}:flags=bicubic,format=gbrp[water];"
        f"[above][water]overlay=y={horizon}:format=gbrp"
    )
    return finished_picture(graph, shot)


def _sky(light: _Light, shot: Shot) -> str:
    centre = HORIZON - light.height
    distance = f"st(0,hypot((X-W/2)/H,Y/H-{decimal(centre)}));st(2,clip(Y/H/{HORIZON},0,1));"
    bands = "st(3,0.05*sin(Y/H*70+3*sin(X/W*4))*sin(Y/H*31+X/W*5+1)*clip(ld(2)*2-0.6,0,1));"
    setup = f"{distance}{bands}st(1,0.55*exp(-ld(0)*5)+0.4*exp(-ld(0)*18));"
    colors = ramp(light.sky, "clip(ld(2)+ld(3),0,1)")
    channels = tuple(
        f"({sky})*(1-ld(1))+{decimal(shine)}*ld(1)" for sky, shine in zip(colors, light.shine, strict=True)
    )
    width = max(2, 160 * shot.size.width // shot.size.height)
    return enlarged(colored(shot, width, 160, setup, (channels[0], channels[1], channels[2])), shot)


def _water(light: _Light, shot: Shot) -> str:
    deep = colored(shot, WIDTH, HEIGHT, "", ramp(light.water, "(Y/H)"))
    # The path of light: narrow at the horizon, wider towards us, broken up by the waves.
    aspect = decimal(shot.size.width / (shot.size.height * (1 - HORIZON)) * HEIGHT / WIDTH)
    path = f"exp(-pow((X-W/2)/H*{aspect}/(0.1+0.42*ld(0)),2))*(1.15-0.8*ld(0))"
    shine = [f"({path})*{decimal(channel)}" for channel in light.shine]
    return (
        f"{held(deep)}[deep];{held(colored(shot, WIDTH, HEIGHT, _PLACE, (shine[0], shine[1], shine[2])))}[path];"
        f"{shaded(shot, WIDTH, HEIGHT, _PLACE + _WAVES)},split[swell][crests];"
        "[swell]format=gbrp16le[ripples];[deep][ripples]blend=all_mode=grainmerge:all_opacity=0.3[sea];"
        "[crests]format=gray16le,lut=y='65535*pow(clip((val/65535-0.42)/0.5,0,1),1.3)',format=gbrp16le[glints];"
        "[path][glints]blend=all_mode=multiply[shine];[sea][shine]blend=all_mode=screen"
    )


GENERATOR = Generator(
    name="sea",
    doc="A calm sea under a low sun or moon, with its light on the water.",
    params=Sea,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=(
        {"generate": "sea", "duration": "6s"},
        {"generate": "sea", "duration": "6s", "light": "moonlight"},
    ),
)
