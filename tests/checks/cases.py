"""What is done to finished films: faults, each with the code that names it, and changes that are none."""

from __future__ import annotations

from dataclasses import dataclass

from tests.checks import making
from tests.checks.film import CLIPS, ENCODING, FPS, FRAMES
from tests.endtoend.recipes import Entry
from tests.engines import ENGINES

_AT = 225  # the frame where faults begin: in the middle of the film, and of a clip
_SECOND = f"between(n,{_AT - FPS // 2},{_AT + FPS // 2 - 1})"  # of frames, around it
_FROZEN = f"first={_AT - FPS // 2}:last={_AT + FPS // 2 - 1}:replace={_AT - FPS // 2}"
_STEP = f"setpts=N/{FPS}/TB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    told: str  # in a sentence
    way: making.Way
    suffix: str = ".mp4"
    any_format: bool = False  # codec, rate or container are other ones on purpose

    @property
    def file_name(self) -> str:
        return self.name.replace(" ", "-") + self.suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Sabotage(Case):
    code: str  # of the finding that names it
    also: frozenset[str] = frozenset()  # codes of what is true as well


def _exchanged() -> list[Entry]:
    """The third and the last clip in each other's place; both are as long, and both come in by a cut."""
    first, second, third, fourth, fifth = CLIPS
    return [first, second, third | {"src": fifth["src"]}, fourth, fifth | {"src": third["src"]}]


def _from_elsewhere() -> list[Entry]:
    """The third clip begins 0.4 s later in its footage."""
    return [clip | ({"in": "0.9s"} if number == 2 else {}) for number, clip in enumerate(CLIPS)]


SABOTAGES: tuple[Sabotage, ...] = (
    Sabotage(
        name="frame missing",
        told="One frame is gone from the middle, and the rest has moved up.",
        way=making.picture(f"select='not(eq(n,{_AT}))',{_STEP}"),
        code="wrong-duration",
        also=frozenset({"picture-early"}),
    ),
    Sabotage(
        name="frame missing with a gap",
        told="One frame is gone from the middle, and the one before it stays twice as long.",
        way=making.picture(f"select='not(eq(n,{_AT}))'"),
        code="wrong-duration",
        also=frozenset({"picture-early"}),
    ),
    Sabotage(
        name="frame late",
        told="From the middle on the picture is one frame late; there are as many frames as planned.",
        way=making.picture(f"loop=loop=1:size=1:start={_AT},{_STEP},trim=end_frame={FRAMES}"),
        code="picture-late",
    ),
    Sabotage(
        name="sound late",
        told="The sound comes 40 ms late; it is as long as before.",
        way=making.sound("adelay=40:all=1"),
        code="sound-late",
    ),
    Sabotage(
        name="sound late by its clock",
        told="The sound is the film's own, but the file says that it begins 40 ms later.",
        way=making.copied(again=("-itsoffset", "0.04")),
        code="sync-off",
        also=frozenset({"sound-late", "sound-differs", "wrong-duration"}),
    ),
    Sabotage(
        name="3 LU too quiet",
        told="The sound is 3 dB quieter.",
        way=making.sound("volume=-3dB"),
        code="wrong-loudness",
        also=frozenset({"sound-level-differs"}),
    ),
    Sabotage(
        name="black second",
        told="For a second the picture is black.",
        way=making.picture(f"drawbox=color=black:t=fill:enable='{_SECOND}'"),
        code="black-span",
        also=frozenset({"frozen-span", "picture-differs"}),
    ),
    Sabotage(
        name="frozen second",
        told="For a second the picture stands still: thirty times the same frame.",
        way=making.picture(f"split[film][again];[film][again]freezeframes={_FROZEN}"),
        code="frozen-span",
        also=frozenset({"picture-differs"}),
    ),
    Sabotage(
        name="silent second",
        told="For a second there is no sound.",
        way=making.sound("asetnsamples=480,volume=0:enable='between(t,7,7.995)'"),
        code="silent-span",
        also=frozenset({"sound-differs"}),
    ),
    Sabotage(
        name="wrong size",
        told="The picture is 416x234 instead of 480x270.",
        way=making.picture("scale=416:234:flags=bicubic"),
        code="wrong-format",
    ),
    Sabotage(
        name="channels swapped",
        told="Left is right, and right is left.",
        way=making.sound("pan=stereo|c0=c1|c1=c0"),
        code="channels-swapped",
    ),
    Sabotage(
        name="wrong range",
        told="The picture has full range, and the file says limited.",
        way=making.picture("scale=in_range=tv:out_range=pc:flags=accurate_rnd+full_chroma_int,setparams=range=tv"),
        code="picture-range-wrong",
    ),
    Sabotage(
        name="wrong range by its tag",
        told="The picture has limited range, and the file says full.",
        way=making.copied("-bsf:v", "h264_metadata=video_full_range_flag=1"),
        code="wrong-format",
        also=frozenset({"picture-range-wrong"}),
    ),
    Sabotage(
        name="clipped before",
        told="The sound was cut off at full scale and made quieter again: nothing is at full scale, and the loudness is right.",
        way=making.clipped(gain_db=12),
        code="sound-level-differs",  # only the golden tells: most of it is louder, what was loud is not
        also=frozenset({"sound-differs"}),
    ),
    Sabotage(
        name="clipped sound",
        told="The sound was cut off at full scale, and is as loud as that made it.",
        way=making.sound("volume=12dB,aformat=s16"),
        code="clipped-sound",
        also=frozenset({"wrong-loudness", "peak-too-high", "sound-differs", "sound-level-differs"}),
    ),
    Sabotage(
        name="title missing",
        told="The title is not there.",
        way=making.built("built from the recipe without its title", titles=()),
        code="title-missing",
    ),
    Sabotage(
        name="hue shifted",
        told="All colours are turned by 8°.",
        way=making.picture("hue=h=8"),
        code="picture-hue-shifted",
    ),
    Sabotage(
        name="another cut",
        told="The third and the last clip stand in each other's place.",
        way=making.built("built from the recipe with both exchanged", clips=_exchanged()),
        code="picture-differs",
        also=frozenset({"sound-differs"}),
    ),
    Sabotage(
        name="another in-point",
        told="The third clip shows what its footage has 0.4 s later.",
        way=making.built("built from the recipe with another `in`", clips=_from_elsewhere()),
        code="picture-differs",
        also=frozenset({"sound-differs"}),
    ),
)

_X264 = ("-c:v", "libx264", "-preset", str(ENCODING["preset"]), "-crf", str(ENCODING["crf"]))

SOUND_RENDERS: tuple[Case, ...] = (
    *(
        Case(
            name=f"{count} threads" if count > 1 else "1 thread",
            told=f"x264 with {count} thread{'s' if count > 1 else ''}, in one piece.",
            way=making.encoded(*_X264, "-threads", str(count)),
        )
        for count in (1, 2, 4, 8)
    ),
    *(
        Case(
            name=f"preset {preset}",
            told=f"x264's preset `{preset}`.",
            way=making.built(f"built with `preset: {preset}`", encoding=ENCODING | {"preset": preset}),
        )
        for preset in ("ultrafast", "medium", "slow")
    ),
    Case(
        name="another bit rate",
        told="Fewer bits for the picture.",
        way=making.built("built with `crf: 22`", encoding=ENCODING | {"crf": 22}),
    ),
    Case(
        name="x265",
        told="HEVC instead of H.264.",
        way=making.encoded(
            *("-c:v", "libx265", "-preset", "fast", "-crf", "20", "-tag:v", "hvc1", "-x265-params", "log-level=error")
        ),
        any_format=True,
    ),
    *(
        Case(
            name="another ffmpeg",
            told="The same recipe, built by the other ffmpeg of the tests.",
            way=making.built_by(engine),
        )
        for engine in ENGINES[1:2]
    ),
    Case(
        name="another CPU",
        told="Encoded without the instructions of this CPU.",
        way=making.encoded("-cpuflags", "0", *_X264, "-x264-params", "asm=0"),
    ),
    Case(
        name="another frame rate",
        told="The same film at 60 frames a second.",
        way=making.built("built with `fps: 60`", fps=60),
        any_format=True,
    ),
    Case(
        name="another AAC",
        told="128 kb/s of sound instead of 192.",
        way=making.sound_encoded("-b:a", "128k"),
    ),
    Case(
        name="another container",
        told="The same packets in Matroska, whose clock counts milliseconds.",
        way=making.copied(),
        suffix=".mkv",
        any_format=True,
    ),
)
