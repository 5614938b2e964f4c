"""The hosts of a user: the file, the variable, and what is wrong with them."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from montage_recipe.diagnostics import SettingsError
from montage_recipe.models import Backend
from montage_recipe.upscale.hosts.inventory import ENVIRONMENT, Device, HostKind, HostSpec, parts_of, read_hosts


def hosts(tmp_path: Path, text: str = "", variable: str = "") -> dict[str, HostSpec]:
    file = tmp_path / "hosts.toml"
    file.write_text(dedent(text), encoding="utf-8")
    return read_hosts(environment={ENVIRONMENT: variable}, file=file)


def faults(tmp_path: Path, text: str = "", variable: str = "") -> list[tuple[str, str]]:
    """What is wrong, without the name of the file, and the cure of each."""
    with pytest.raises(SettingsError) as caught:
        hosts(tmp_path, text, variable)
    assert {fault.code for fault in caught.value.diagnostics} == {"bad-host"}
    here = str(tmp_path / "hosts.toml")
    return [(fault.message.replace(here, "FILE"), fault.hint) for fault in caught.value.diagnostics]


def test_without_file_and_variable_there_are_no_hosts(tmp_path: Path) -> None:
    assert read_hosts(environment={}, file=tmp_path / "nothing") == {}


def test_the_file_names_a_host_in_each_table(tmp_path: Path) -> None:
    text = """
        [studio]
        kind = "ssh"
        address = "me@studio.example:2222"
        folder = "jobs"
        python = "/opt/venv/bin/python"
        device = "auto"
        backend = "ncnn"

        [colab]
        kind = "cgpu"
        command = "/opt/cgpu"

        [here]
        kind = "local"
    """
    file = str(tmp_path / "hosts.toml")
    assert hosts(tmp_path, text) == {
        "studio": HostSpec(
            name="studio",
            kind=HostKind.SSH,
            address="me@studio.example:2222",
            folder="jobs",
            python="/opt/venv/bin/python",
            device=Device.AUTO,
            backend=Backend.NCNN,
            origin=file,
        ),
        "colab": HostSpec(name="colab", kind=HostKind.CGPU, command="/opt/cgpu", origin=file),
        "here": HostSpec(name="here", kind=HostKind.LOCAL, python=sys.executable, origin=file),
    }


def test_the_variable_names_hosts_in_short(tmp_path: Path) -> None:
    variable = "studio=ssh:me@studio.example:2222 colab=cgpu here=local:/scratch/montage?device=cpu&backend=torch"
    found = hosts(tmp_path, variable=variable)
    assert list(found) == ["studio", "colab", "here"]
    assert found["studio"].address == "me@studio.example:2222"
    assert found["colab"].kind is HostKind.CGPU
    assert (found["here"].folder, found["here"].device, found["here"].backend) == (
        "/scratch/montage",
        Device.CPU,
        Backend.TORCH,
    )
    assert {spec.origin for spec in found.values()} == {ENVIRONMENT}


def test_an_address_may_be_written_as_a_url(tmp_path: Path) -> None:
    found = hosts(tmp_path, variable="a=ssh://me@b:2222")["a"]
    assert parts_of(found.address).group("user", "host", "port") == ("me", "b", "2222")


def test_a_host_of_the_variable_replaces_the_one_of_the_file(tmp_path: Path) -> None:
    text = """
        [studio]
        kind = "ssh"
        address = "old"
        python = "old"
        [other]
        kind = "local"
    """
    found = hosts(tmp_path, text, "studio=ssh:new")
    assert list(found) == ["studio", "other"]
    assert (found["studio"].address, found["studio"].python) == ("new", "python3")


def test_a_host_has_a_folder_even_if_none_is_named(tmp_path: Path) -> None:
    assert hosts(tmp_path, variable="a=local:")["a"].place == "montage-recipe"
    assert hosts(tmp_path, variable="a=local:/b")["a"].place == "/b"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[a]\nkind = 'ftp'", "FILE: 'ftp' is no kind, which a has", "write one of ssh, cgpu, local"),
        ("[a]\nkind = 'locl'", "FILE: 'locl' is no kind, which a has", "did you mean `local`?"),
        ("[a]\nfolder = 'x'", "FILE: a has no kind", 'write kind = "ssh"'),
        ("[a]\nkind = 'ssh'", "FILE: a has no address", 'write address = "user@host"'),
        ("[a]\nkind = 'local'\nfoldr = 'x'", "FILE: a has an unknown key 'foldr'", "did you mean `folder`?"),
        ("[a]\nkind = 'local'\npython = 3", "FILE: python of a is no text", 'write python = "…"'),
        ("[a]\nkind = 'local'\npython = ' '", "FILE: python of a is no text", 'write python = "…"'),
        ("[a]\nkind = 'local'\ndevice = 'tpu'", "FILE: 'tpu' is no device, which a has", ""),
        ("[a]\nkind = 'local'\nport = '22'", "FILE: a has an unknown key 'port'", "the port belongs to the address"),
        (
            "[a]\nkind = 'ssh'\naddress = 'me@b:99999'",
            "FILE: the address of a cannot be right: 99999 is no port",
            "to 65535",
        ),
        (
            "[a]\nkind = 'ssh'\naddress = 'me@b:abc'",
            "FILE: the address of a cannot be right: 'me@b:abc' is no address",
            "",
        ),
        ("['a b']\nkind = 'local'", "FILE: 'a b' is no name for a host", "use letters, digits, - and _"),
        ("a = 'local'", "FILE: 'a' stands in no host's table", "begin with its name, as in [studio]"),
    ],
)
def test_each_fault_of_the_file_has_a_cure(tmp_path: Path, text: str, message: str, hint: str) -> None:
    ((told, cure),) = faults(tmp_path, text)
    assert told == message
    assert cure and hint in cure


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("studio", f"{ENVIRONMENT}: 'studio' is no host"),
        ("studio=ssh", f"{ENVIRONMENT}: 'studio=ssh' is no host"),
        ("studio=ssh:", f"{ENVIRONMENT}: studio has no address"),
        ("a=ssh:b,c=cgpu", f"{ENVIRONMENT}: the address of a cannot be right: 'b,c=cgpu' is no address"),
        (
            "a=ssh:me:word@b",
            f"{ENVIRONMENT}: the address of a cannot be right: it holds a password, and keys are what is used",
        ),
        ("a=ssh:b a=ssh:c", f"{ENVIRONMENT}: a is named twice"),
        ("a=cgpu?address=b", f"{ENVIRONMENT}: a has 'address', which is of kind ssh only"),
        ("a=ssh:b?command=c", f"{ENVIRONMENT}: a has 'command', which is of kind cgpu only"),
        ("a=ssh:me@b:0", f"{ENVIRONMENT}: the address of a cannot be right: 0 is no port"),
        ("a=local:/x?devise=cpu", f"{ENVIRONMENT}: a has an unknown key 'devise'"),
        ("a=local:/x?device", f"{ENVIRONMENT}: device of a is no text"),
        ("1=local:/x", f"{ENVIRONMENT}: '1' is no name for a host"),
    ],
)
def test_each_fault_of_the_variable_has_a_cure(tmp_path: Path, variable: str, message: str) -> None:
    told = faults(tmp_path, variable=variable)
    assert message in [text for text, _ in told] and all(cure for _, cure in told)


def test_a_folder_with_spaces_is_for_the_file(tmp_path: Path) -> None:
    ((told, cure),) = faults(tmp_path, variable="a=local:/my jobs")
    assert told == f"{ENVIRONMENT}: 'jobs' is no host" and "spaces goes into" in cure and "hosts.toml" in cure
    assert hosts(tmp_path, "[a]\nkind = 'local'\nfolder = '/my jobs'")["a"].place == "/my jobs"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    ((told, cure),) = faults(tmp_path, "[a\n")
    assert told.startswith("cannot read FILE: ") and cure == "it is a TOML file with a table for each host"


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = """
        [a]
        kind = "ftp"
        foldr = "x"
        [b]
        kind = "ssh"
    """
    assert len(faults(tmp_path, text, "c")) == 4
