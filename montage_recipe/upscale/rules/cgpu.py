"""cgpu 0.1.4, in its own words, and what Colab's servers answer it."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_CGPU = "cgpu"

RULES = (
    rule(
        "cgpu-not-configured",
        r"Missing Colab OAuth credentials|Interactive setup requires a TTY|launch the guided setup",
        seen=_CGPU,
    ),
    rule(
        "auth-expired",
        r"Stored session invalid, forcing login|No cached session found\. Starting OAuth login",
        seen=_CGPU,
    ),
    rule(
        "auth-expired", r"invalid_grant|Token has been expired or revoked|Opened browser for Google login", seen=_CGPU
    ),
    rule("auth-expired", r"Failed request \w+ https?://\S+: (?:Unauthorized|Forbidden)", rank=Rank.LIKELY, seen=_CGPU),
    rule("account-blocked", r"Account has been blocked from accessing Colab", seen=_CGPU),
    rule(
        "gpu-quota",
        r"Insufficient quota to assign server|cannot currently connect to a GPU due to usage limits",
        seen=_CGPU,
    ),
    rule("gpu-not-granted", r"No eligible GPU accelerators reported", seen=_CGPU),
    rule(
        "too-many-sessions",
        r"Colab refused to attach a brand-new GPU runtime|Disconnect other runtimes from|[Tt]oo many (?:active )?sessions",
        seen=_CGPU,
    ),
    rule("colab-unavailable", r"temporarily out of GPU capacity", seen=_CGPU),
    rule(
        "colab-unavailable",
        r"Failed request \w+ https?://\S+: (?:Service Unavailable|Bad Gateway|Gateway Time-?out|"
        r"Internal Server Error|Too Many Requests)",
        seen=_CGPU,
    ),
    rule(
        "colab-unavailable", r"Unexpected server response: 5\d\d|Upload failed \(50[234] ", rank=Rank.LIKELY, seen=_CGPU
    ),
    rule(
        "session-lost",
        r"Failed to create remote terminal: |Command finished without reporting an exit code",
        rank=Rank.LIKELY,
        seen=_CGPU,
    ),
    rule(
        "session-lost",
        r"(?i)\bsession (?:has )?expired|runtime (?:has been |was )?(?:disconnected|recycled|deleted|terminated)",
        rank=Rank.LIKELY,
        seen=_CGPU,
    ),
    rule(
        "remote-too-large",
        r"Upload failed \(413|Cannot create a string longer than 0x|Request Entity Too Large|Payload Too Large",
        seen=_CGPU,
    ),
    rule("remote-disk-full", r"Upload failed \(500 .*(?:No space left|Errno 28)", seen=_CGPU),
    rule("remote-file-missing", r"Upload failed \(500 .*(?:Errno 2\]|No such file or directory|Errno 21)", seen=_CGPU),
    rule(
        "remote-readonly",
        r"Upload failed \((?:500|403) .*(?:Errno 30|Errno 13|Read-only|Permission denied)",
        seen=_CGPU,
    ),
    rule(
        "input-missing",
        r"ENOENT: no such file or directory, (?:stat|open|lstat)|Cannot upload .*: not a file",
        seen=_CGPU,
    ),
    rule("auth-expired", r"OAuth login timed out", seen="LeCoder-cgpu"),
    rule("remote-too-large", r"ERR_FS_FILE_TOO_LARGE|File size \(\d+\) is greater than 2 GiB", seen=_CGPU),
    rule("remote-disk-full", r"No space left on device", near=r"\bAuthenticated as ", seen=_CGPU),
    rule("session-lost", r"Remote runtime disconnected", rank=Rank.LIKELY, seen="LeCoder-cgpu"),
)
