"""Why work on a GPU host fails: each cause once, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

OK = "ok"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`transient`: the same thing again, unchanged, has a chance."""

    name: str  # kebab-case
    title: str
    remedy: str
    transient: bool = False

    @property
    def again(self) -> str:
        """A clause that says what the same again would come to; "" where nothing failed, or nobody knows."""
        if self.name in (OK, UNKNOWN):
            return ""
        return "the same again may work" if self.transient else "the same again would fail again"


def _cause(name: str, title: str, remedy: str, *, transient: bool = False) -> Cause:
    return Cause(name=name, title=title, remedy=remedy, transient=transient)


ALL_CAUSES: tuple[Cause, ...] = (
    _cause(OK, "no failure was found", "there is nothing to do"),
    _cause(
        UNKNOWN,
        "no rule knows this failure",
        "read the lines before the end of the log; what they say is not among the failures that are known",
    ),
    # --- memory of the GPU
    _cause(
        "cuda-oom",
        "the GPU's memory is used up",
        "`upscale` goes on with smaller tiles by itself; then, name a host with more memory under `gpu.hosts`",
    ),
    _cause(
        "cuda-va-exhausted",
        "the address space for expandable segments is used up, not the memory",
        "take expandable_segments out of PYTORCH_CUDA_ALLOC_CONF on the host",
    ),
    _cause(
        "gpu-too-small",
        "the GPU has not even memory for the smallest tiles",
        "name a host with more memory under `gpu.hosts`, or end what else uses this GPU: `nvidia-smi` lists it",
    ),
    _cause("vulkan-oom", "the GPU's memory is used up (Vulkan)", "use smaller tiles"),
    _cause(
        "nvenc-session-limit",
        "the GPU encodes as many videos as it can already",
        "wait for the other encodings on this GPU, or encode with libx264",
        transient=True,
    ),
    # --- a GPU that is missing, lost or broken
    _cause(
        "no-cuda-device",
        "the host has no CUDA GPU that can be used",
        'name a host with an NVIDIA GPU under `gpu.hosts`, or let this one use its CPU: device = "cpu"',
    ),
    _cause("no-nvidia-driver", "the host has no NVIDIA driver", "choose a host with an NVIDIA GPU and its driver"),
    _cause(
        "no-vulkan-device",
        "the host has no Vulkan GPU",
        'install its Vulkan driver, or a CUDA build of torch; or let it use its CPU: device = "cpu"',
    ),
    _cause("bad-gpu-index", "there is no GPU of this number", "use GPU 0, or a number that `nvidia-smi -L` lists"),
    _cause(
        "gpu-busy",
        "another process keeps the GPU for itself",
        "wait until it is free, or name another host",
        transient=True,
    ),
    _cause("gpu-hardware", "the GPU is faulty", "use another host; this one's GPU needs a reset or a replacement"),
    _cause(
        "session-gpu-lost",
        "the GPU has vanished from the session",
        "get a new session; what is finished is kept",
        transient=True,
    ),
    _cause(
        "vulkan-device-lost",
        "the GPU was reset while it worked (Vulkan)",
        "start again; use smaller tiles if it happens again",
        transient=True,
    ),
    # --- CUDA
    _cause(
        "cuda-illegal-access",
        "a CUDA kernel touched memory that is not its own",
        "start a new process; if it happens again, change the tile size or the version of torch",
        transient=True,
    ),
    _cause(
        "cuda-launch-failure",
        "a CUDA kernel crashed",
        "start a new process; if it happens again, look for Xid lines in the host's dmesg",
        transient=True,
    ),
    _cause(
        "cuda-launch-timeout",
        "a CUDA kernel took longer than the display's watchdog allows",
        "use smaller tiles, or a GPU that drives no display",
    ),
    _cause(
        "cuda-device-assert",
        "a CUDA kernel met a value it must not have",
        "run once with CUDA_LAUNCH_BLOCKING=1 to see which; it is an error of the script or of the model's shape",
    ),
    _cause(
        "cuda-unknown",
        "CUDA failed and does not say why",
        "start a new process; if it happens again, restart the host and look for Xid lines in its dmesg",
        transient=True,
    ),
    _cause(
        "cudnn-init-failed",
        "cuDNN could not start",
        "free memory of the GPU and try once more; then reinstall the cuDNN that belongs to this torch",
        transient=True,
    ),
    _cause(
        "cuda-lib-missing", "a library of CUDA is missing", "install the CUDA and cuDNN wheels that the program wants"
    ),
    _cause(
        "driver-mismatch",
        "the NVIDIA driver and its libraries are of different versions",
        "restart the host, or install driver and libraries of one version",
    ),
    _cause(
        "driver-too-old",
        "the NVIDIA driver is too old",
        "update the driver, or install a build for an older CUDA",
    ),
    _cause(
        "gpu-arch-unsupported",
        "this build has no code for this GPU",
        "install a torch that was built for this GPU's compute capability, or choose another GPU",
    ),
    _cause("nvenc-no-driver", "ffmpeg finds no NVIDIA driver to encode with", "encode with libx264"),
    _cause("nvenc-unsupported", "this GPU cannot encode this", "encode with libx264"),
    _cause(
        "hwaccel-unavailable", "ffmpeg finds no hardware to decode with", "leave out -hwaccel and the like on this host"
    ),
    # --- the model and what runs it
    _cause(
        "torch-cpu-build",
        "torch was installed without CUDA",
        "install a CUDA build of torch, or name a Python that has one as the host's `python`",
    ),
    _cause(
        "torchvision-mismatch",
        "torchvision does not belong to this torch",
        "install the torchvision that was released with it",
    ),
    _cause(
        "dependency-broken",
        "two Python packages do not go together",
        "install versions that do, or do without the older one (spandrel instead of basicsr)",
    ),
    _cause(
        "python-module-missing",
        "a Python package is missing",
        "install it on the host, or name a Python that has it as the host's `python`",
    ),
    _cause(
        "dtype-unsupported", "this device cannot compute with this type of number", "use float32 instead of float16"
    ),
    _cause(
        "bad-input-shape", "the pictures have another shape than the model wants", "give it RGB pictures, 3 channels"
    ),
    _cause("weights-missing", "the model's weights are not there", "upload or download them; check the path"),
    _cause("weights-corrupt", "the model's weights are damaged", "download them again, and check their SHA-256"),
    _cause(
        "weights-mismatch",
        "the weights belong to another model",
        "use weights of this architecture and scale",
    ),
    _cause(
        "tensorrt-engine-mismatch",
        "the TensorRT engine was built elsewhere",
        "build it anew on this GPU with this TensorRT",
    ),
    # --- the host
    _cause(
        "host-oom",
        "the host's memory is used up",
        "use smaller pictures, chunks or batches, or a host with more memory",
    ),
    _cause(
        "host-oom-kill",
        "the host's kernel killed the process for its memory",
        "use smaller chunks, batches or tiles, or a host with more memory",
    ),
    _cause(
        "killed-sigkill",
        "the process was killed",
        "look for `oom-kill` in the host's dmesg: most often memory was short or the session ended",
        transient=True,
    ),
    _cause("killed-term", "the process was told to end", "start it again; nothing was wrong with it", transient=True),
    _cause("timeout", "it took longer than it was given", "raise the time limit, or use smaller chunks"),
    _cause("segfault", "a program crashed", "use another version of it, or another backend"),
    _cause("disk-full", "the disk is full", "free space there"),
    _cause(
        "remote-disk-full",
        "the GPU host's disk is full",
        "free space there (`montage-recipe gpu clean HOST`), set its `folder` to a larger disk, or name another host",
    ),
    _cause(
        "remote-readonly",
        "the folder on the GPU host cannot be written to",
        "set its `folder` to one that you may write to",
    ),
    _cause("output-readonly", "the output's disk is mounted read-only", "write to another folder"),
    _cause("output-permission", "you may not write there", "write to a folder of your own"),
    _cause("output-exists", "the output is there already", "remove it, or let it be overwritten with -y"),
    _cause("output-same-as-input", "the output would overwrite the input", "write to another file"),
    _cause(
        "output-verify-failed",
        "what arrived is not what was sent",
        "transfer it again; the checksums differ",
        transient=True,
    ),
    _cause("too-many-files", "too many files are open", "raise `ulimit -n` there, or do less at once"),
    _cause("command-missing", "a program is not installed", "install it, or correct its path"),
    _cause("encoding", "the host's locale knows no Unicode", "set LC_ALL=C.UTF-8 and PYTHONUTF8=1 there"),
    _cause("script-bug", "the script has an error", "it is not a valid program: report it, with `gpu script`'s text"),
    _cause("script-bad-line-endings", "the script has Windows line ends", "write it with LF line ends"),
    _cause("remote-script-missing", "the script is not on the host any more", "upload it again: the session was wiped"),
    _cause(
        "remote-python-missing",
        "the host has no Python at that path",
        "install Python 3 there, or name its path as the host's `python`",
    ),
    _cause(
        "remote-file-missing", "a file or folder on the host is not there", "make the folder first, or upload again"
    ),
    # --- pip
    _cause("pip-no-match", "there is no such package or version", "ask for a version that exists for this Python"),
    _cause("pip-conflict", "two requirements exclude each other", "loosen one of them"),
    _cause("pip-hash-mismatch", "a download has another hash than pinned", "download again; then renew the pin"),
    _cause("pip-build-failed", "a package could not be built", "use a version that comes as a wheel"),
    _cause("pip-wrong-platform", "the wheel is for another system or Python", "take the one for this system"),
    _cause("pip-corrupt-download", "a download is damaged", "empty pip's cache and download again"),
    _cause("pip-permission", "pip may not write there", "install into a virtual environment"),
    _cause("pip-externally-managed", "the system's Python takes no packages", "install into a virtual environment"),
    _cause("python-version", "the package wants another Python", "use a Python that it supports"),
    _cause("bad-requirement", "a requirement cannot be read", "correct its spelling, or the path of its file"),
    _cause(
        "network-refused",
        "nobody answers at that address",
        "start the server, or check address and port",
        transient=True,
    ),
    _cause(
        "certificate-untrusted",
        "a server's certificate is not trusted there",
        "set that machine's clock, or tell its pip whom to trust: `pip config set global.cert FILE`",
    ),
    # --- SSH and SFTP
    _cause("auth-denied", "the host does not accept you", "check user and key; the public one is in authorized_keys?"),
    _cause(
        "too-many-auth-failures", "too many keys were offered", "set IdentitiesOnly and one IdentityFile for the host"
    ),
    _cause("account-disabled", "the account may not log in", "use an account with a shell"),
    _cause("key-missing", "the private key is not there", "correct IdentityFile"),
    _cause("key-invalid", "the private key cannot be read", "make a new one, or convert it to OpenSSH's format"),
    _cause("key-passphrase", "the private key needs its passphrase", "load it into ssh-agent"),
    _cause("key-permissions", "others can read the private key", "chmod 600 it"),
    _cause("host-key-unknown", "the host's key is not known", "compare its fingerprint, then add it to known_hosts"),
    _cause(
        "host-key-changed",
        "the host has another key than before",
        "ask its owner; only then remove the old one with `ssh-keygen -R HOST`",
    ),
    _cause("kex-mismatch", "client and server share no algorithm", "update the older of them"),
    _cause("not-ssh-server", "something other than SSH answers there", "correct the port"),
    _cause("sftp-unavailable", "the server has no SFTP", "enable its `Subsystem sftp`"),
    _cause("dns-failure", "the host's name is not known", "correct the name, or look after the DNS"),
    _cause("network-unreachable", "there is no network to that address", "check the network here", transient=True),
    _cause(
        "no-route",
        "there is no way to that address",
        "check the address, the VPN, and whether it is up",
        transient=True,
    ),
    _cause(
        "connection-refused", "nobody listens at that port", "check the port, and whether sshd runs", transient=True
    ),
    _cause("connection-reset", "the other side broke the connection off", "try again", transient=True),
    _cause(
        "connection-closed", "the server hung up before the login", "try again later: it may be full", transient=True
    ),
    _cause(
        "connection-timeout",
        "nobody answers in time",
        "try again; the host hangs or a firewall drops it",
        transient=True,
    ),
    _cause(
        "proxy-command-failed",
        "the ProxyCommand of the SSH configuration ended before the server answered",
        "try it in a terminal: `ssh -v HOST` shows what it runs",
        transient=True,  # it may lead over a network that is down
    ),
    _cause("connection-lost", "the connection broke", "connect again; the work there goes on", transient=True),
    # --- cgpu
    _cause("cgpu-not-configured", "cgpu is not set up", "run `cgpu connect` once in a terminal"),
    _cause("auth-expired", "the login has expired", "run `cgpu status` in a terminal and log in"),
    _cause("account-blocked", "Colab has blocked the account", "use another host"),
    _cause("gpu-not-granted", "the account gets no GPU", "use another account, or name another host under `gpu.hosts`"),
    _cause("gpu-quota", "the account's GPU time is used up", "wait, or name another host under `gpu.hosts`"),
    _cause("too-many-sessions", "the account has too many sessions", "end others, or reuse the one there is"),
    _cause("colab-unavailable", "Colab has trouble, or no GPU at the moment", "wait and try again", transient=True),
    _cause("session-lost", "the session ended", "connect again and upload what is missing", transient=True),
    _cause("remote-too-large", "the upload is too large for one piece", "send smaller pieces"),
    # --- ffmpeg
    _cause("input-missing", "an input is not there", "correct its path"),
    _cause("input-corrupt", "an input is damaged", "copy it again from where it came from"),
    _cause("raw-size-mismatch", "the raw video ended inside a frame", "check size and pixel format, and who writes it"),
    _cause("downstream-closed", "who read the pipe ended first", "look why that process ended"),
    _cause("bad-arguments", "ffmpeg does not understand its arguments", "correct the option that it names"),
    _cause("bad-dimensions", "the size is not one the encoder takes", "use even numbers of pixels"),
    _cause("codec-container-mismatch", "the container cannot hold this codec", "use MP4 for H.264, or Matroska"),
    _cause("codec-params", "the encoder refuses a setting", "correct its preset, profile or crf"),
    _cause("encoder-missing", "this ffmpeg lacks the encoder", "use libx264, or another ffmpeg"),
    _cause("decoder-missing", "this ffmpeg lacks the decoder", "use another ffmpeg"),
    _cause("filter-missing", "this ffmpeg lacks the filter", "use another ffmpeg"),
    _cause("filter-bad-args", "a filter's settings are wrong", "correct the expression that it names"),
    _cause("filter-size-mismatch", "two pictures of different sizes meet", "scale them to one size first"),
)
CAUSES = {cause.name: cause for cause in ALL_CAUSES}
