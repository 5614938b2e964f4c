from __future__ import annotations

from fractions import Fraction

from montage_recipe.jobs.links import concat_list
from montage_recipe.jobs.model import JobKind
from tests.jobs.test_keys_and_plans import keys


def test_the_durations_of_a_list_add_up_to_the_position_they_stand_for() -> None:
    step = Fraction(1198 * 1001, 60000)  # 1198 frames at 59.94: a third of a microsecond over
    lines = concat_list((f"v{n}.mp4", step) for n in range(100)).splitlines()
    total = sum(Fraction(line.removeprefix("duration ")) for line in lines if line.startswith("duration"))
    assert abs(total - 100 * step) < Fraction(1, 1_000_000)


REST = ", ".join(f"{{src: {name}.mp4, out: 6s}}" for name in "defghijklmnop")
FILM = f"""\
clips: [{{src: a.mp4, out: 6s}}, {{src: b.mp4, out: 6s}}, {{src: c.mp4, out: LENGTH}}, {REST}]
titles: [{{text: my film, start: 0s, end: end, position: top-right}}]
"""


def test_a_title_over_the_whole_film_does_not_tie_the_segments_together() -> None:
    before, after = (set(keys(FILM.replace("LENGTH", out), JobKind.VIDEO)) for out in ("6s", "5s"))
    assert len(before) > 2
    assert len(after - before) == 1
