"""GPU hosts: one small port, and a way to reach each kind of them."""

from __future__ import annotations

from montage_recipe.stopping import Stop, never
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.port import Host


def open_host(spec: HostSpec, *, stop: Stop = never) -> Host:
    """A way to the host, its folder made and found writable. Raises HostError, or Interrupted once `stop` says so."""
    match spec.kind:
        case HostKind.SSH:
            from montage_recipe.upscale.hosts.ssh import SshHost  # paramiko takes 0.2 s to import

            return SshHost(spec, stop=stop)
        case HostKind.CGPU:
            from montage_recipe.upscale.hosts.cgpu import CgpuHost

            return CgpuHost(spec, stop=stop)
        case HostKind.LOCAL:
            from montage_recipe.upscale.hosts.local import LocalHost

            return LocalHost(spec, stop=stop)
