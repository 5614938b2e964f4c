"""Rules that the Dockerfile keeps, as far as reading it tells. `run_steps` and `long_run` do what it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.containers.context import sent
from tests.containers.dockerfile import (
    DOCKERFILE,
    DockerfileError,
    Stage,
    Step,
    filled,
    health_check,
    pairs,
    read_stages,
    words,
)

CHECKOUT = DOCKERFILE.parent
STAGES = {stage.name: stage for stage in read_stages(DOCKERFILE.read_text(encoding="utf-8"))}
IMAGES = ("montage-recipe", "gpu-host")  # the targets that somebody runs
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def steps(word: str, *stages: str) -> Iterator[Step]:
    return (step for name in stages or STAGES for step in STAGES[name].steps if step.word == word)


def arguments(stage: Stage) -> dict[str, str]:
    return {name: value for step in stage.steps if step.word == "ARG" for name, value in pairs(step.rest, {}).items()}


def test_the_image_of_the_program_is_the_one_that_is_built_where_no_target_is_named() -> None:
    assert list(STAGES)[-1] == "montage-recipe"


def test_every_image_that_is_built_on_is_pinned_by_tag_and_digest() -> None:
    bases = {stage.base for stage in STAGES.values()} - STAGES.keys()
    assert bases
    for base in bases:
        assert re.fullmatch(r"[a-z/.]+:[\w.-]*\d[\w.-]*@sha256:[0-9a-f]{64}", base), base


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_run_by_a_numbered_user_who_is_not_root(name: str) -> None:
    user = filled(STAGES[name].told("USER"), arguments(STAGES[name]))
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert f"useradd --uid {user.split(':')[0]} " in " ".join(
        step.rest.replace('"${MONTAGE_UID}"', arguments(STAGES[name])["MONTAGE_UID"]) for step in steps("RUN", name)
    )


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_runs_one_program_that_has_a_health_check_and_stops_on_sigterm(name: str) -> None:
    stage = STAGES[name]
    assert words(stage.told("ENTRYPOINT"))
    assert health_check(stage.told("HEALTHCHECK"))
    assert stage.told("STOPSIGNAL") == "SIGTERM"


def test_the_image_of_the_program_runs_it_and_keeps_project_and_store_outside() -> None:
    stage = STAGES["montage-recipe"]
    assert words(stage.told("ENTRYPOINT")) == ("montage-recipe",)
    assert health_check(stage.told("HEALTHCHECK")) == ("montage-recipe", "doctor")
    assert words(stage.told("VOLUME")) == (stage.told("WORKDIR"), "/store")
    assert "MONTAGE_CACHE_DIR=/store" in stage.told("ENV").split()


def test_labels_say_what_is_true_elsewhere() -> None:
    labels = pairs(STAGES["montage-recipe"].told("LABEL"), {"REVISION": ""})
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}version"] == PROJECT["project"]["version"]
    assert labels[f"{prefix}licenses"] == PROJECT["project"]["license"]
    base, _, digest = STAGES["base"].base.partition("@")
    assert labels[f"{prefix}base.name"] == f"docker.io/library/{base}"
    assert labels[f"{prefix}base.digest"] == digest


def test_nothing_is_fetched_but_packages() -> None:
    assert not list(steps("ADD"))
    for step in steps("RUN"):
        assert not re.search(r"curl|wget|git clone|://", step.rest), step


def test_what_package_managers_leave_behind_is_removed_in_the_same_step() -> None:
    apt = [step for step in steps("RUN") if "apt-get" in step.rest]
    pip = [step for step in steps("RUN") if re.search(r"/pip .*\b(install|wheel)\b", step.rest)]
    assert apt and pip
    for step in apt:
        assert re.search(r"apt-get update .*--no-install-recommends .*&& rm -rf /var/lib/apt/lists/\*", step.rest), step
    for step in pip:
        assert "--no-cache-dir" in step.rest, step


def test_no_image_holds_a_key() -> None:
    installing = [step for step in steps("RUN") if "openssh-server" in step.rest]
    assert installing  # Debian makes keys as it installs it
    for step in installing:
        assert "/etc/ssh/ssh_host_*" in step.rest.partition("rm -rf")[2]
    config = (CHECKOUT / "containers/sshd_config").read_text(encoding="utf-8").splitlines()
    assert "HostKey /keys/ssh_host_ed25519_key" in config
    assert "AuthorizedKeysFile /keys/authorized_keys" in config
    assert not [file for file in files_sent() if "keys/" in file]


def test_the_server_only_lets_in_who_has_a_key() -> None:
    config = (CHECKOUT / "containers/sshd_config").read_text(encoding="utf-8").splitlines()
    assert {"AuthenticationMethods publickey", "PasswordAuthentication no", "AllowTcpForwarding no"} <= {*config}


def files_sent() -> tuple[str, ...]:
    return sent(CHECKOUT, (CHECKOUT / ".dockerignore").read_text(encoding="utf-8"))


def test_the_builder_gets_what_is_copied_and_little_else() -> None:
    copied = [step.rest.split() for step in steps("COPY") if "--from=" not in step.rest]
    places = {place for copy in copied for place in copy[:-1] if not place.startswith("--")}
    files = files_sent()
    for place in places:
        assert [file for file in files if file == place or file.startswith(f"{place}/")], f"{place} is not sent"
    assert {file.split("/")[0] for file in files} == {place.split("/")[0] for place in places}
    assert not [file for file in files if re.search(r"__pycache__|\.pyc|/dist/|\.montage/|\.git/", file)]


def test_all_that_the_wheel_holds_is_copied_before_it_is_made() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = {place for step in steps("COPY", "wheel") for place in step.rest.split()[:-1]}
    assert {*wheel["packages"], *wheel["force-include"], PROJECT["project"]["readme"], "pyproject.toml"} <= copied


REFUSED = {
    "an unknown step": "FROM a\nADD x y\n",
    "a step before the first stage": "ARG BASE=a\nFROM a\n",
    "a here-document": "FROM a\nRUN <<EOF\ntrue\nEOF\n",
    "a platform": "FROM --platform=linux/arm64 a\n",
    "an end in the middle": "FROM a\nRUN true \\\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_reader_refuses_what_it_does_not_do(name: str) -> None:
    with pytest.raises(DockerfileError, match=r"line [12]:"):
        read_stages(REFUSED[name])


def test_a_step_over_several_lines_is_one_and_comments_in_it_go() -> None:
    (stage,) = read_stages("FROM a\n\nRUN one \\\n    # not this\n    && two\nUSER 1\n")
    assert stage.steps == (Step(line=3, word="RUN", rest="one     && two"), Step(line=6, word="USER", rest="1"))


@pytest.mark.parametrize("text", ["$UNKNOWN", "${A:-b}", "a\\ b", "$(date)"])
def test_what_is_not_filled_in_as_docker_does_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError):
        filled(text, {"A": "a"})
