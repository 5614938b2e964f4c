"""Which hosts a recipe may use, and what is told of those that it cannot have."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.diagnostics import RecipeError, Severity
from montage_recipe.render.upscaler import hosts_for
from montage_recipe.upscale.hosts.inventory import ENVIRONMENT, THIS_MACHINE
from tests.recipe.making import recipe_of
from tests.timeline.making import HEAD

CLIP = "clips:\n  - {src: a.mp4, upscale: {factor: 2}}\n"


@pytest.fixture(autouse=True)
def without_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("hosts", "reason"), [("", "no GPU host is named"), ("hosts: [far], ", "no GPU host is called `far` here")]
)
def test_that_this_machine_takes_over_is_a_warning(hosts: str, reason: str) -> None:
    choice = hosts_for(recipe_of(f"{HEAD}{CLIP}gpu: {{{hosts}on_failure: local}}\n"))
    assert choice.specs == (THIS_MACHINE,)
    (warning,) = choice.absent
    assert warning.message == f"{reason}; this machine takes its place (`on_failure: local`)"
    assert warning.severity is Severity.WARNING


def test_without_a_host_nothing_can_be_done() -> None:
    with pytest.raises(RecipeError, match="no GPU host is named"):
        hosts_for(recipe_of(HEAD + CLIP))
