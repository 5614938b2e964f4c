"""Jobs that make generated footage and music, and the facts of what they will make, known without running them."""

from __future__ import annotations

from fractions import Fraction

from montage_recipe.diagnostics import RecipeError
from montage_recipe.engine import Engine
from montage_recipe.generate import GENERATORS
from montage_recipe.generate.spec import Produces, Shot, filters_in
from montage_recipe.jobs.encoding import PCM_OPTIONS, generated_video_options
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.memory import picture_memory, sound_memory
from montage_recipe.jobs.model import Expected, Job, JobKind
from montage_recipe.jobs.needs import lacks_filters
from montage_recipe.media.facts import AudioFacts, MediaFacts, MediaKind, VideoFacts
from montage_recipe.recipe.kinds import Size
from montage_recipe.recipe.model import Canvas, GeneratedMedia
from montage_recipe.timecode import SAMPLE_RATE, frames_in


def generated_media(source: GeneratedMedia, canvas: Canvas, engine: Engine) -> tuple[Job, MediaFacts]:
    """The job that makes a generated medium at the canvas's size and rate, and the facts of its output.

    Raises RecipeError where the engine lacks a filter that it is made with."""
    generator = GENERATORS[source.generator]
    frames = max(1, frames_in(source.duration.at(canvas.fps), canvas.fps))
    shot = Shot(size=canvas.size, rate=canvas.fps, frames=frames)
    picture = generator.produces is Produces.VIDEO
    lavfi = generator.lower(source.params, shot)
    if faults := tuple(lacks_filters(f"`{source.generator}`", filters_in(lavfi), engine, source.at)):
        raise RecipeError(faults)
    options = ("-an", *generated_video_options(canvas.fps)) if picture else ("-vn", *PCM_OPTIONS)
    output = "out.mp4" if picture else "out.wav"
    argv = ("-nostdin", "-f", "lavfi", "-i", lavfi, *options, f"file:{output}")
    size = canvas.size
    job = Job(
        key=job_key(engine=engine, argv=argv),
        kind=JobKind.GENERATE,
        label=f"generate {source.generator}",
        argv=argv,
        inputs=(),
        files=(),
        output=output,
        expected=Expected(frames=frames, width=size.width, height=size.height, rate=canvas.fps)
        if picture
        else Expected(samples=shot.samples),
        # lavfi graphs hold a few pictures of their own, in RGB.
        memory_bytes=picture_memory((), size, "veryfast") + 12 * size.width * size.height * 4
        if picture
        else sound_memory(1),
        threads=1,
        duration=frames / canvas.fps,
        at=source.at,
    )
    return job, _facts(job.key, source, size, canvas.fps, shot, picture=picture)


def _facts(key: str, source: GeneratedMedia, size: Size, rate: Fraction, shot: Shot, *, picture: bool) -> MediaFacts:
    duration = shot.frames / rate
    video = VideoFacts(
        index=0,
        codec="h264",
        decoder=None,
        width=size.width,
        height=size.height,
        rotation=0,
        upright=True,
        sar=Fraction(1),
        rate=rate,
        constant_rate=True,
        pixel_format="yuv420p",
        bit_depth=8,
        alpha=False,
        interlaced=False,
        full_range=False,
        primaries="bt709",
        transfer="bt709",
        matrix="bt709",
        start=Fraction(0),
        duration=duration,
        frames=shot.frames,
        keyframes=(),
        extradata="",
    )
    audio = AudioFacts(
        index=0,
        codec="pcm_f32le",
        sample_rate=SAMPLE_RATE,
        channels=2,
        layout="stereo",
        start=Fraction(0),
        duration=Fraction(shot.samples, SAMPLE_RATE),
    )
    return MediaFacts(
        file=f"{source.generator}.{'mp4' if picture else 'wav'}",
        fingerprint=key,
        size_bytes=0,
        container="mov,mp4,m4a,3gp,3g2,mj2" if picture else "wav",
        kind=MediaKind.VIDEO if picture else MediaKind.AUDIO,
        duration=duration,
        seekable=True,
        animated=False,
        video=video if picture else None,
        audio=None if picture else audio,
    )
