"""From source to recipes: defaults, variables, variants, and faults that come together."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.diagnostics import RecipeError, Severity
from montage_recipe.recipe.kinds import Color, Size
from montage_recipe.recipe.model import FileMedia, GeneratedMedia
from montage_recipe.recipe.source import read_recipe
from montage_recipe.recipe.validate import choose_output, examine, validate
from montage_recipe.timecode import Time
from tests.recipe.making import codes_of, faults_of, recipe_of, recipes_of, source_at, source_of

SMALLEST = "recipe: 1\nclips: [{src: a.mp4}]\n"


def test_the_smallest_recipe_gets_every_default() -> None:
    recipe = recipe_of(SMALLEST)
    (clip,) = recipe.clips
    assert (recipe.canvas.size, recipe.canvas.fps, recipe.canvas.background) == (
        Size(1920, 1080),
        Fraction(30),
        Color(0, 0, 0),
    )
    assert (clip.fit, clip.speed, clip.volume.factor, clip.in_) == ("contain", Fraction(1), 1.0, Time())
    assert clip.effects == ()
    assert (clip.transition.type, clip.transition.duration) == ("none", Time())
    assert recipe.output.file == Path.cwd() / "folder" / "dist" / "trip.mp4"
    assert (recipe.output.name, recipe.output.profile, recipe.output.copy) == ("trip", "h264-1080p", "auto")


def test_the_canvas_is_as_large_as_the_profile_says() -> None:
    recipe = recipe_of(SMALLEST + "outputs: [{file: out.mp4, profile: h264-720p}]\n")
    assert recipe.canvas.size == Size(1280, 720)


def test_paths_are_absolute_and_without_detours(tmp_path: Path) -> None:
    source = source_at(tmp_path / "x" / "trip.yaml", "recipe: 1\nclips: [{src: ../a/./b.mp4}]\n")
    (recipe,) = validate(source, check_files=False)
    assert recipe.clips[0].src == FileMedia(at=("clips", 0, "src"), file=tmp_path / "a" / "b.mp4")


def test_a_name_of_media_stands_for_its_file() -> None:
    recipe = recipe_of("recipe: 1\nmedia: {hike: b.mov}\nclips: [{src: hike}]\n")
    assert recipe.clips[0].src == FileMedia(at=("media", "hike"), file=Path.cwd() / "folder" / "b.mov")


def test_generated_media_carry_their_parameters() -> None:
    recipe = recipe_of("recipe: 1\nmedia: {m: {generate: sea, duration: 6s, light: moonlight}}\nclips: [{src: m}]\n")
    src = recipe.clips[0].src
    assert isinstance(src, GeneratedMedia)
    assert (src.generator, src.duration, getattr(src.params, "light", None)) == ("sea", Time(Fraction(6)), "moonlight")


def test_the_default_transition_joins_clips_and_leaves_the_first_alone() -> None:
    recipe = recipe_of(
        "recipe: 1\ndefaults: {transition: {type: crossfade, duration: 1s}}\nclips: [{src: a.mp4}, {src: b.mp4}]\n"
    )
    assert [clip.transition.type for clip in recipe.clips] == ["none", "crossfade"]


def test_a_transition_without_duration_takes_that_of_the_defaults() -> None:
    clips = "clips: [{src: a.mp4, transition: wipe-left}]\n"
    assert recipe_of(f"recipe: 1\n{clips}").clips[0].transition.duration == Time(Fraction(1, 2))
    with_default = f"recipe: 1\ndefaults: {{transition: {{type: crossfade, duration: 1s}}}}\n{clips}"
    assert recipe_of(with_default).clips[0].transition.duration == Time(Fraction(1))


def test_effects_are_written_in_three_ways() -> None:
    recipe = recipe_of(
        "recipe: 1\nclips: [{src: a.mp4, effects: [grayscale, {denoise: strong}, {color: {gamma: 1.2}}]}]\n"
    )
    effects = recipe.clips[0].effects
    assert [effect.name for effect in effects] == ["grayscale", "denoise", "color"]
    assert getattr(effects[1].params, "strength", None) == "strong"
    assert getattr(effects[2].params, "gamma", None) == 1.2
    assert [effect.at for effect in effects] == [("clips", 0, "effects", n) for n in range(3)]


def test_the_effects_of_a_clip_replace_those_of_the_defaults() -> None:
    recipe = recipe_of(
        "recipe: 1\ndefaults: {effects: [grayscale]}\nclips: [{src: a.mp4}, {src: b.mp4, effects: []}]\n"
    )
    assert [len(clip.effects) for clip in recipe.clips] == [1, 0]


def test_an_output_overrides_canvas_fit_and_variables() -> None:
    wide, tall = recipes_of(
        """
        recipe: 1
        vars: {word: Hello}
        canvas: {size: 1920x1080, fps: 25}
        defaults: {fit: blur}
        clips: [{src: a.mp4}, {src: b.mp4, fit: fill}]
        titles: [{text: "${word}!", duration: 2s}]
        outputs:
          - {file: "dist/${word}.mp4"}
          - {file: dist/tall.mp4, canvas: {size: 1080x1920}, fit: cover, vars: {word: Hallo}}
        """
    )
    assert (wide.canvas.size, tall.canvas.size, tall.canvas.fps) == (
        Size(1920, 1080),
        Size(1080, 1920),
        Fraction(25),
    )
    assert [clip.fit for clip in wide.clips] == ["blur", "fill"]
    assert [clip.fit for clip in tall.clips] == ["cover", "fill"]
    assert (wide.titles[0].text, tall.titles[0].text) == ("Hello!", "Hallo!")
    assert (wide.output.name, tall.output.name) == ("Hello", "tall")
    assert tall.output.at == ("outputs", 1)


def test_a_variable_alone_keeps_its_type_and_inside_a_text_becomes_text() -> None:
    recipe = recipe_of(
        """
        recipe: 1
        vars: {n: 2, speed: 0.5, on: true}
        clips: [{src: "${n}.mp4", in: "${n}", speed: "${ speed }"}]
        titles: [{text: "${n} ${speed} ${on} $${n} $ {n}", duration: 1s}]
        audio: [{src: a.flac, loop: "${on}"}]
        """
    )
    assert (recipe.clips[0].in_, recipe.clips[0].speed) == (Time(Fraction(2)), Fraction(1, 2))
    assert recipe.titles[0].text == "2 0.5 true ${n} $ {n}"
    assert recipe.audio[0].loop is True


def test_an_unknown_variable_hides_no_other_fault() -> None:
    assert codes_of("recipe: 1\nclips: [{src: '${x}.mp4', fit: covr, in: 2s, out: 1s}]\n") == [
        "unknown-variable",
        "unknown-word",
        "out-before-in",
    ]


def test_variants_with_the_same_fault_report_it_once() -> None:
    outputs = "outputs: [{file: a.mp4, vars: {x: 1}}, {file: b.mp4, vars: {x: 2}}]\n"
    assert codes_of("recipe: 1\nclips: [{src: '${x}.mp4', fit: covr}]\n" + outputs) == ["unknown-word"]


def test_faults_come_in_the_order_of_the_text() -> None:
    places = [
        (fault.location.line, fault.location.column)
        for fault in faults_of("recipe: 1\ntitles: [{text: a}]\nclips: [{src: a.mp4, in: x, speeed: 2}]\nfoo: 1\n")
        if fault.location
    ]
    assert places == sorted(places)
    assert len(places) == 4


def test_frames_and_seconds_are_compared_at_the_rate_of_the_canvas() -> None:
    clips = "clips: [{src: a.mp4, in: 30f, out: 1s}]\n"
    assert codes_of(f"recipe: 1\n{clips}") == ["out-before-in"]
    assert codes_of(f"recipe: 1\ncanvas: {{fps: 60}}\n{clips}") == []


def test_warnings_do_not_stop_a_recipe() -> None:
    text = "recipe: 1\nvars: {unused: 1}\nclips: [{src: a.mp4, transition: {type: none, duration: 1s}}]\n"
    examined = examine(source_of(text), check_files=False)
    assert [fault.severity for fault in examined.diagnostics] == [Severity.WARNING] * 2
    assert len(validate(source_of(text), check_files=False)) == 1


def test_files_are_looked_for_beside_the_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "trip.yaml"
    recipe.write_text("recipe: 1\nmedia: {unused: nowhere.mp4}\nclips: [{src: a.mp4}, {src: a.mp4}]\n")
    with pytest.raises(RecipeError) as caught:
        validate(read_recipe(recipe))
    assert [fault.code for fault in caught.value.diagnostics] == ["missing-media"]
    (tmp_path / "a.mp4").touch()
    assert len(validate(read_recipe(recipe))) == 1


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_an_output_that_is_a_source_by_another_name_is_refused(tmp_path: Path, link: object) -> None:
    (tmp_path / "a.mp4").touch()
    assert callable(link)
    link(tmp_path / "a.mp4", tmp_path / "out.mp4")
    recipe = tmp_path / "trip.yaml"
    recipe.write_text("recipe: 1\nclips: [{src: a.mp4}]\noutputs: [{file: out.mp4}]\n")
    assert [fault.code for fault in examine(read_recipe(recipe)).diagnostics] == ["output-is-source"]


def test_outputs_that_meet_through_a_linked_folder_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "dist")
    recipe = tmp_path / "trip.yaml"
    recipe.write_text("recipe: 1\nclips: [{src: a.mp4}]\noutputs: [{file: dist/a.mp4}, {file: link/a.mp4, name: b}]\n")
    assert [fault.code for fault in examine(read_recipe(recipe), check_files=False).diagnostics] == ["same-output"]


def test_outputs_stay_in_their_order_whatever_their_variables() -> None:
    outputs = "outputs: [{file: 1.mp4, vars: {x: a}}, {file: 2.mp4, vars: {x: b}}, {file: 3.mp4, vars: {x: a}}]\n"
    recipes = recipes_of("recipe: 1\nclips: [{src: '${x}.mov'}]\n" + outputs)
    assert [recipe.output.name for recipe in recipes] == ["1", "2", "3"]


def test_outputs_with_other_variables_may_not_share_a_name() -> None:
    outputs = "outputs: [{file: a/x.mp4, vars: {x: a}}, {file: b/x.mp4, vars: {x: b}}]\n"
    assert codes_of("recipe: 1\nclips: [{src: '${x}.mov'}]\n" + outputs) == ["duplicate-output-name"]


def test_names_that_the_system_refuses_are_faults(tmp_path: Path) -> None:
    recipe = tmp_path / "trip.yaml"
    long = "x" * 300
    recipe.write_text(f"recipe: 1\nclips: [{{src: {long}.mp4}}]\noutputs: [{{file: {long}.mp4}}]\n")
    assert [fault.code for fault in examine(read_recipe(recipe)).diagnostics] == ["missing-media"]
    assert [fault.code for fault in examine(read_recipe(recipe), check_files=False).diagnostics] == ["output-is-source"]
    recipe.write_text(f"recipe: 1\ninclude: {long}.yaml\nclips: [{{src: a.mp4}}]\n")
    with pytest.raises(RecipeError, match="File name too long"):
        read_recipe(recipe)


def test_an_output_is_chosen_by_name() -> None:
    recipes = recipes_of(SMALLEST + "outputs: [{file: wide.mp4}, {file: b.mp4, name: tall}]\n")
    assert choose_output(recipes, "tall").output.file.name == "b.mp4"
    with pytest.raises(RecipeError) as caught:
        choose_output(recipes, "talll")
    assert caught.value.diagnostics[0].hint == "did you mean `tall`?"
