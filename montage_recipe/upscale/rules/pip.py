"""pip and what it builds with."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_PIP = "pip"

RULES = (
    rule("pip-externally-managed", r"externally-managed-environment", seen=_PIP),
    rule(
        "pip-hash-mismatch",
        r"THESE PACKAGES DO NOT MATCH THE HASHES|HashMismatch|Hashes are required in --require-hashes",
        seen=_PIP,
    ),
    rule("pip-wrong-platform", r"is not a supported wheel on this platform", seen=_PIP),
    rule(
        "python-version",
        r"requires a different Python: |requires Python '?[<>=!~][^']*'?,? but the running Python is",
        seen=_PIP,
    ),
    rule(
        "python-version",
        r"Ignored the following versions that require a different python version",
        rank=Rank.LIKELY,
        seen=_PIP,
    ),
    rule("pip-conflict", r"ResolutionImpossible|have conflicting dependencies|conflicting dependencies\.", seen=_PIP),
    rule(
        "pip-conflict",
        r"which is incompatible\.$|dependency resolver does not currently take into account",
        rank=Rank.LIKELY,
        seen=_PIP,
    ),
    rule(
        "bad-requirement",
        r"Invalid requirement: |InvalidRequirement|Could not open requirements file|Expected end or semicolon",
        seen=_PIP,
    ),
    rule(
        "pip-corrupt-download",
        r"ERROR: Wheel '.*' located at .* is invalid|has an invalid wheel|BadZipFile|File is not a zip file",
        seen=_PIP,
    ),
    rule(
        "pip-corrupt-download",
        r"IncompleteRead\(|ProtocolError: \('Connection broken|zlib\.error: |tarfile\.ReadError",
        rank=Rank.LIKELY,
        near=r"(?i)\bpip\b",
        seen=_PIP,
    ),
    rule(
        "pip-permission",
        r"^(?:ERROR: .*)?(?:PermissionError: )?\[Errno 13\] Permission denied",
        near=r"pip/_internal|Could not install packages|site-packages'?$",
        seen=_PIP,
    ),
    rule("pip-permission", r"Could not install packages due to an \w+Error: \[(?:Errno 13|WinError 5)\]", seen=_PIP),
    rule("pip-build-failed", r"^\S+\.(?:c|cc|cpp|cu|h|pyx):\d+:\d+: (?:fatal )?error: ", seen="gcc"),
    rule(
        "pip-build-failed",
        r"^(?:error: command '.*(?:gcc|cc|g\+\+|nvcc|cl\.exe).*' failed|error: Microsoft Visual C\+\+ )",
        rank=Rank.LIKELY,
        seen="setuptools",
    ),
    rule(
        "pip-build-failed",
        r"^(?:\w+\.)*\w*Error: ",
        rank=Rank.LIKELY,
        near=r"subprocess-exited-with-error|Getting requirements to build wheel",
        seen="setuptools",
    ),
    rule(
        "pip-build-failed",
        r"Failed (?:to build|building wheel)|Could not build wheels|metadata-generation-failed|subprocess-exited-with-error",
        rank=Rank.EFFECT,
        seen=_PIP,
    ),
    rule("pip-no-match", r"No matching distribution found for", rank=Rank.EFFECT, seen=_PIP),
    rule("pip-no-match", r"Could not find a version that satisfies the requirement", rank=Rank.SIGN, seen=_PIP),
    rule(
        "network-refused",
        r"WARNING: Retrying .*(?:Connection refused|Cannot connect to proxy|Tunnel connection failed)",
        seen=_PIP,
    ),
    rule(
        "dns-failure",
        r"WARNING: Retrying .*(?:Name or service not known|name resolution|getaddrinfo failed)",
        seen=_PIP,
    ),
    rule(
        "connection-timeout", r"WARNING: Retrying .*(?:timed out|Timeout)|ReadTimeoutError", rank=Rank.LIKELY, seen=_PIP
    ),
    rule(
        "connection-reset",
        r"WARNING: Retrying .*(?:Connection reset|Connection aborted|RemoteDisconnected|EOF occurred in violation)",
        rank=Rank.LIKELY,
        seen=_PIP,
    ),
    rule("pip-conflict", r"Double requirement given: | has requirement .*, but you have ", seen="pip before 20.3"),
    rule(
        "pip-corrupt-download", r"not enough bytes were received|incomplete-download", rank=Rank.LIKELY, seen="pip 25"
    ),
    rule("pip-permission", r"error: could not create '.*': Permission denied", seen="setuptools"),
    rule(
        "python-version",
        r"This script does not work on Python \d|does not support Python \d|Python version .* (?:is not|not) supported",
        seen=_PIP,
    ),
    rule("pip-build-failed", r"^error: invalid command '", rank=Rank.LIKELY, seen="setuptools"),
    # uv tells in one sentence what it read and what follows: the first half says which it is.
    rule("pip-no-match", r"there (?:is|are) no versions? of |was not found in the package registry", seen="uv"),
    rule("python-version", r"Python version \(.*\) does not satisfy Python", seen="uv"),
    rule("pip-conflict", r"we can conclude that your requirements are unsatisfiable", seen="uv"),
    rule("pip-hash-mismatch", r"Hash mismatch for `", seen="uv"),
    rule(
        "pip-wrong-platform",
        r"is incompatible with the current platform|no wheels with a matching (?:platform|Python)",
        seen="uv",
    ),
    rule("python-version", r"Cannot install on Python version \d", seen="numba"),
    rule("pip-externally-managed", r"The interpreter at \S+ is externally managed", seen="uv"),
    rule("pip-wrong-platform", r"doesn't have a source distribution or wheel for the current platform", seen="uv"),
    rule("bad-requirement", r"^error: (?:Failed to parse: `|Couldn't parse requirement in `)", seen="uv"),
    rule("pip-permission", r"EnvironmentNotWritableError: ", seen="conda"),
    rule("pip-no-match", r"PackagesNotFoundError: ", seen="conda"),
    rule("pip-conflict", r"UnsatisfiableError: |version solving failed", seen="conda, Poetry"),
    rule(
        "pip-corrupt-download",
        r"DecodeError: \('Received response with content-encoding",
        rank=Rank.LIKELY,
        near=r"(?i)\bpip\b",
        seen=_PIP,
    ),
    rule("pip-build-failed", r"^CMake Error", rank=Rank.LIKELY, near=r"subprocess-exited-with-error", seen="CMake"),
)
