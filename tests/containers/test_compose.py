"""docker-compose.yml fits the program, the Dockerfile and the server's configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from montage_recipe.settings import ALL_SETTINGS, GIB, Setting, load_settings, parse_size
from montage_recipe.upscale.hosts.inventory import ENVIRONMENT, Device, HostKind, read_hosts
from tests.containers.compose import COMPOSE, read_services
from tests.containers.dockerfile import DOCKERFILE, health_check, pairs, read_stages, words

SERVICES = read_services()
STAGES = {stage.name: stage for stage in read_stages(DOCKERFILE.read_text(encoding="utf-8"))}
USING_IT = ("build", "check")
# A value for each, that the setting may have and that is not its default.
GIVEN = {
    "CI": "true",
    "MONTAGE_CACHE_LIMIT": "2G",
    "MONTAGE_HARDWARE": "small",
    "MONTAGE_JOBS": "1",
    "MONTAGE_LOG_RUNS": "3",
    "MONTAGE_LOG_SIZE": "2M",
    "MONTAGE_UNTRUSTED": "yes",
    "MONTAGE_MEMORY_LIMIT": "3G",
    "MEMORY_LIMIT_GB": "7",
    "MAX_CLIPS_IN_RAM": "5",
    "MAX_PARALLEL_JOBS": "2",
    "PARALLEL_ENHANCE": "2",
    "FFMPEG_PRESET": "fast",
    "AUTO_CLEANUP": "false",
    "CGPU_GPU_ENABLED": "false",
    "UPSCALE": "false",
    "NUM_VARIANTS": "1",
    "VERBOSE": "1",
}


def test_there_are_three_services_and_the_gpu_host_has_a_profile_of_its_own() -> None:
    assert {name: service.get("profiles") for name, service in SERVICES.items()} == {
        "build": None,
        "check": None,
        "gpu-host": ["gpu-host"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_that_it_needs_not(name: str) -> None:
    service = SERVICES[name]
    assert service["init"] is True and service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service and "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert "ports" not in service  # services reach each other without
    assert not [volume for volume in service["volumes"] if "docker.sock" in volume]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded(name: str) -> None:
    service = SERVICES[name]
    assert (service["cpus"], service["mem_limit"], service["mem_reservation"]) == ("6", "16g", "4g")
    assert service["memswap_limit"] == service["mem_limit"]
    logging = service["logging"]
    assert logging["driver"] == "json-file" and {"max-size", "max-file"} <= logging["options"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_built_from_a_stage_and_has_its_health_check(name: str) -> None:
    service = SERVICES[name]
    stage = STAGES[service["build"]["target"]]
    test, of_image = service["healthcheck"]["test"], health_check(stage.told("HEALTHCHECK"))
    assert (tuple(test[1:]) if test[0] == "CMD" else ("sh", "-c", test[1])) == of_image
    for option in ("interval", "timeout", "retries"):
        value = service["healthcheck"][option]
        assert f"--{option.replace('_', '-')}={value} " in stage.told("HEALTHCHECK")
    known = {name for step in stage.steps if step.word == "ARG" for name in pairs(step.rest, {})}
    assert service["build"]["args"].keys() <= known


@pytest.mark.parametrize("name", SERVICES)
def test_every_volume_of_the_image_is_kept_outside(name: str) -> None:
    service = SERVICES[name]
    mounted = {volume.split(":")[1] for volume in service["volumes"]}
    assert {*words(STAGES[service["build"]["target"]].told("VOLUME"))} <= mounted
    assert [volume for volume in service["volumes"] if "/keys/" in volume and volume.endswith(":ro")]


@pytest.mark.parametrize("service", USING_IT)
@pytest.mark.parametrize("variable", sorted({*SERVICES["build"]["environment"]} - {ENVIRONMENT}))
def test_each_variable_is_a_setting_of_the_program(service: str, variable: str, tmp_path: Path) -> None:
    assert variable in SERVICES[service]["environment"]
    settings = load_settings(environment={variable: GIVEN[variable]}, file=tmp_path / "absent.toml")
    assert list(settings.origins.values()) == [variable]


@pytest.mark.parametrize("service", USING_IT)
@pytest.mark.parametrize(
    "setting", [one for one in ALL_SETTINGS if one.variables and not one.own], ids=lambda one: one.word
)
def test_each_setting_has_a_variable_that_is_passed_on(service: str, setting: Setting) -> None:
    assert {name for name, _ in setting.variables} & SERVICES[service]["environment"].keys()


@pytest.mark.parametrize("service", USING_IT)
def test_the_defaults_are_settings_that_the_container_can_hold(service: str, tmp_path: Path) -> None:
    environment: dict[str, str] = SERVICES[service]["environment"]
    settings = load_settings(environment=environment, file=tmp_path / "absent.toml")
    assert settings.memory_limit_bytes == 12 * GIB < parse_size(SERVICES[service]["mem_limit"])
    assert {*settings.origins} == {"memory_limit_bytes"}  # the empty ones are absent
    assert {*GIVEN} == environment.keys() - {ENVIRONMENT}


def test_the_gpu_host_is_the_one_that_the_others_know(tmp_path: Path) -> None:
    hosts = read_hosts(environment=SERVICES["build"]["environment"], file=tmp_path / "absent.toml")
    (spec,) = hosts.values()
    user, _, place = spec.address.partition("@")
    name, _, port = place.partition(":")
    assert (spec.kind, spec.device) == (HostKind.SSH, Device.CPU)
    assert name in SERVICES and spec.name == name
    config = (COMPOSE.parent / "containers/sshd_config").read_text(encoding="utf-8").splitlines()
    assert f"Port {port}" in config
    stage = STAGES[SERVICES[name]["build"]["target"]]
    assert stage.told("EXPOSE") == port
    assert any(step.word == "RUN" and step.rest.endswith(f" {user}") for step in stage.steps)


def test_keys_are_made_where_they_are_mounted(tmp_path: Path) -> None:
    script = COMPOSE.parent / "containers/make_keys.sh"
    for _ in range(2):  # the second time, nothing is lost
        subprocess.run(("sh", script, tmp_path), check=True)
    made = {
        str(file.relative_to(tmp_path)): file.stat().st_mode & 0o777 for file in tmp_path.rglob("*") if file.is_file()
    }
    assert made.keys() == {
        "host/ssh_host_ed25519_key",
        "host/ssh_host_ed25519_key.pub",
        "host/authorized_keys",
        "client/id_ed25519",
        "client/id_ed25519.pub",
        "client/known_hosts",
    }
    assert made["host/ssh_host_ed25519_key"] == made["client/id_ed25519"] == 0o600
    assert (tmp_path / "host/authorized_keys").read_text() == (tmp_path / "client/id_ed25519.pub").read_text()
    assert (tmp_path / "client/known_hosts").read_text().startswith("[gpu-host]:2222 ssh-ed25519 ")


def test_what_check_runs_is_a_command_of_the_program() -> None:
    program = (sys.executable, "-c", "from montage_recipe.cli.main import main; main()")
    command: list[Any] = SERVICES["check"]["command"]
    done = subprocess.run((*program, *command), cwd=COMPOSE.parent, capture_output=True, text=True, check=False)
    # It judges what the service `build` has made, and says so where that has not run.
    assert done.returncode == 0 or "render-missing" in done.stderr, done.stdout + done.stderr
