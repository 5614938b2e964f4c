"""`include:`: what comes from other files, and where it is said to stand."""

from __future__ import annotations

from pathlib import Path

from tests.recipe.making import codes_of, faults_of, recipe_of, source_of


def test_the_recipe_wins_over_what_it_includes_key_by_key() -> None:
    data = source_of(
        """
        recipe: 1
        include: brand.yaml
        canvas: {fps: 25}
        clips: [{src: a.mp4}]
        """,
        brand="canvas: {fps: 50, background: navy}\ntitle: From the brand\nclips: [{src: b.mp4}]\n",
    ).data
    assert data["canvas"] == {"fps": 25, "background": "navy"}
    assert data["title"] == "From the brand"
    assert data["clips"] == [{"src": "a.mp4"}]
    assert "include" not in data


def test_the_last_of_several_files_wins() -> None:
    data = source_of(
        "include: [one.yaml, two.yaml]\n", one="title: One\nvars: {a: 1, b: 1}\n", two="vars: {b: 2}\n"
    ).data
    assert data["vars"] == {"a": 1, "b": 2}
    assert data["title"] == "One"


def test_clips_of_another_file_take_the_place_of_the_entry() -> None:
    recipe = recipe_of(
        """
        recipe: 1
        media: {hike: own.mp4}
        clips:
          - {src: first.mp4}
          - {include: parts/middle.yaml}
          - {src: last.mp4}
        """,
        parts__middle="media: {hike: theirs.mp4, camp: camp.mp4}\nclips: [{src: camp}, {src: hike}, {src: near.mp4}]\n",
    )
    folder = Path.cwd() / "folder"
    assert [getattr(clip.src, "file", None) for clip in recipe.clips] == [
        folder / "first.mp4",
        folder / "parts" / "camp.mp4",
        folder / "own.mp4",
        folder / "parts" / "near.mp4",
        folder / "last.mp4",
    ]


def test_a_fault_in_an_included_file_is_shown_there() -> None:
    (fault,) = faults_of("recipe: 1\ninclude: brand.yaml\nclips: [{src: a.mp4}]\n", brand="canvas: {size: 3x3}\n")
    assert fault.location is not None
    assert str(fault.location) == "folder/brand.yaml:1:16"
    assert fault.location.text == "canvas: {size: 3x3}"


def test_files_may_include_files() -> None:
    data = source_of(
        "include: a.yaml\n", a="include: deep/b.yaml\n", deep__b="title: Deep\ninclude: ../c.yaml\n", c="recipe: 1\n"
    ).data
    assert data == {"title": "Deep"}


def test_a_circle_of_includes_is_refused_where_it_closes() -> None:
    (fault,) = faults_of("include: a.yaml\n", a="include: b.yaml\n", b="vars: {x: 1}\ninclude: a.yaml\n")
    assert fault.code == "include-cycle"
    assert str(fault.location) == "folder/b.yaml:2:10"


def test_a_circle_through_the_clips_is_refused() -> None:
    assert codes_of("clips: [{include: a.yaml}]\n", a="clips: [{include: a.yaml}]\n") == ["include-cycle"]


def test_too_many_files_inside_each_other_are_refused() -> None:
    files = {f"f{n}": f"include: f{n + 1}.yaml\n" for n in range(20)}
    assert codes_of("include: f0.yaml\n", **files) == ["include-too-deep"]


def test_many_includes_of_one_file_are_refused() -> None:
    files = {f"f{n}": f"include: [{', '.join([f'f{n + 1}.yaml'] * 9)}]\n" for n in range(5)} | {"f5": "title: x\n"}
    assert codes_of("include: f0.yaml\n", **files) == ["include-too-deep"]
