"""The shell, the kernel, the disk."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_BASH, _KERNEL, _PYTHON = "bash", "the kernel", "Python"

RULES = (
    # --- disk
    rule(
        "disk-full",
        r"No space left on device|Disk quota exceeded|\[Errno 28\]|\[Errno 122\]|ENOSPC|\[WinError 112\]",
        seen="all programs",
    ),
    rule("too-many-files", r"Too many open files|\[Errno 24\]|EMFILE", seen="all programs"),
    rule("output-readonly", r"Read-only file system|\[Errno 30\]|EROFS", rank=Rank.LIKELY, seen="all programs"),
    rule(
        "output-permission",
        r"(?:cannot create|cannot open|cannot touch|failed to open).*Permission denied",
        rank=Rank.LIKELY,
        seen="coreutils",
    ),
    rule(
        "output-permission",
        r"^PermissionError: \[Errno 13\]|: Permission denied$|EACCES",
        rank=Rank.EFFECT,
        seen="all programs",
    ),
    rule("output-permission", r"Operation not permitted$", rank=Rank.SIGN, seen="all programs"),
    # --- memory
    rule("host-oom-kill", r"[Oo]ut of memory: Kill(?:ed)? process \d+", seen=_KERNEL),
    rule(
        "host-oom-kill",
        r"\boom-kill:constraint=|invoked oom-killer|oom_reaper: reaped process|OOMKilled",
        rank=Rank.LIKELY,
        seen=_KERNEL,
    ),
    rule(
        "host-oom",
        r"Cannot allocate memory|\[Errno 12\]|ENOMEM|malloc of (?:size )?\d+ failed",
        rank=Rank.LIKELY,
        seen="all programs",
    ),
    rule("host-oom", r"JavaScript heap out of memory", rank=Rank.LIKELY, seen="Node.js"),
    # --- programs and scripts
    rule("remote-python-missing", r"(?:python[\d.]*): (?:command )?not found", seen=_BASH),
    rule("remote-python-missing", r"^timeout: failed to run command .*: No such file or directory", seen="coreutils"),
    rule(
        "remote-python-missing",
        r"python[\d.]*'?: No such file or directory|no such file or directory: \S*python",
        seen=_BASH,
    ),
    rule("remote-script-missing", r"can't open file '.*': \[Errno 2\]", seen=_PYTHON),
    rule("remote-script-missing", r"\.(?:sh|py): No such file or directory", rank=Rank.LIKELY, seen=_BASH),
    rule(
        "script-bad-line-endings",
        r"cannot execute: required file not found|\^M: bad interpreter|\$'\\r': command not found|\\r': command not found",
        seen=_BASH,
    ),
    rule(
        "script-bad-line-endings",
        r"env: .*\\r.*: No such file or directory|syntax error near unexpected token `\$'.*\\r''",
        seen=_BASH,
    ),
    rule(
        "script-bug",
        r"syntax error near unexpected token|unexpected EOF while looking for matching|syntax error: unexpected end of file",
        rank=Rank.LIKELY,
        seen=_BASH,
    ),
    rule("script-bug", r": unbound variable$", rank=Rank.LIKELY, seen=_BASH),
    rule("command-missing", r": command not found$|: \d*:? ?\S+: not found$", rank=Rank.LIKELY, seen=_BASH),
    rule("command-missing", r"/usr/bin/env: .*: No such file or directory", rank=Rank.LIKELY, seen="env"),
    rule(
        "remote-python-missing",
        r"'python[\d.]*(?:\.exe)?' is not recognized as (?:an internal|(?:a|the) name of a cmdlet)",
        seen="Windows",
    ),
    rule(
        "command-missing",
        r"'[^']+' is not recognized as (?:an internal or external command|(?:a|the) name of a cmdlet)",
        rank=Rank.LIKELY,
        seen="Windows",
    ),
    rule("encoding", r"cannot change locale|LC_ALL: cannot", rank=Rank.SIGN, seen=_BASH),
    # --- the way it ended
    rule("timeout", r"timeout: sending signal \w+ to command", seen="timeout"),
    rule("segfault", r"Fatal Python error: (?:Segmentation fault|Bus error|Aborted)", rank=Rank.EFFECT, seen=_PYTHON),
    rule(
        "segfault",
        r"Segmentation fault|\(core dumped\)|\bsegfault at [0-9a-f]+|Fatal Python error: |Bus error",
        rank=Rank.SIGN,
        seen=_BASH,
    ),
    rule(
        "segfault",
        r"double free or corruption|corrupted size vs\. prev_size|stack smashing detected|Illegal instruction",
        rank=Rank.EFFECT,
        seen="glibc",
    ),
    rule(
        "killed-sigkill", r": line \d+: +\d+ Killed ", rank=Rank.EFFECT, seen=_BASH
    ),  # who wrote to it says "Broken pipe"
    rule("killed-sigkill", r"^Killed$|\bsignal 9\b|SIGKILL", rank=Rank.SIGN, seen=_BASH),
    rule(
        "killed-term",
        r"^Terminated\b|: line \d+: +\d+ Terminated |SIGTERM|KeyboardInterrupt",
        rank=Rank.SIGN,
        seen=_BASH,
    ),
    rule("output-verify-failed", r"^.+: FAILED(?: open or read)?$", near=r"computed checksum", seen="sha256sum"),
    rule(
        "output-verify-failed",
        r"(?i)(?:sha-?256|checksum|md5|crc32?)\b.*(?:mismatch|differs?|does not match|expected|wrong)",
        rank=Rank.LIKELY,
        seen="all programs",
    ),
    rule("output-verify-failed", r"WARNING: \d+ computed checksums? did NOT match", rank=Rank.LIKELY, seen="sha256sum"),
    # --- other shells, schedulers and init systems
    rule("script-bug", r": \d+: Syntax error: |parse error near `", rank=Rank.LIKELY, seen="dash, zsh"),
    rule(
        "command-missing",
        r"command not found: \S+$|^env: [‘'].*[’']: No such file or directory",
        rank=Rank.LIKELY,
        seen="zsh, env",
    ),
    rule(
        "remote-python-missing",
        r"command not found: python[\d.]*$|[‘']python[\d.]*[’']: No such file or directory",
        seen="zsh, env",
    ),
    rule(
        "host-oom-kill",
        r"oom_kill event|OOM Killed|systemd-oomd\[?\d*\]?: Killed .* due to memory pressure"
        r"|killed by the OOM killer|systemd-oomd killed \d+ process",
        seen="slurm, systemd",
    ),
    rule("timeout", r"CANCELLED AT .* DUE TO TIME LIMIT", seen="slurm"),
    rule("killed-term", r"CANCELLED AT ", rank=Rank.EFFECT, seen="slurm"),
    rule("killed-sigkill", r"Signal 9 \(SIGKILL\) received by PID", rank=Rank.EFFECT, seen="torchrun"),
    rule("killed-sigkill", r"^zsh: killed\b", rank=Rank.SIGN, seen="zsh"),
    rule(
        "segfault",
        r"terminated by signal SIG(?:SEGV|ABRT|BUS|ILL)|^zsh: segmentation fault",
        rank=Rank.SIGN,
        seen="fish, zsh",
    ),
    rule("output-verify-failed", r"failed verification -- update discarded", seen="rsync"),
    rule("host-oom-kill", r"Failed with result 'oom-kill'", rank=Rank.LIKELY, seen="systemd"),
    rule(
        "killed-term",
        r"Main process exited, code=killed, status=15/TERM",
        near=r"Failed with result 'signal'",
        rank=Rank.SIGN,
        seen="systemd",
    ),
    rule("killed-sigkill", r"Main process exited, code=killed, status=9/KILL", rank=Rank.SIGN, seen="systemd"),
    rule(
        "segfault",
        r"Main process exited, code=(?:dumped|killed), status=(?:11/SEGV|6/ABRT|7/BUS|4/ILL)",
        rank=Rank.SIGN,
        seen="systemd",
    ),
    rule("killed-term", r"The runner has received a shutdown signal", rank=Rank.EFFECT, seen="GitHub Actions"),
    rule("killed-term", r"^make(?:\[\d+\])?: \*\*\* .*\] Terminated", rank=Rank.SIGN, seen="make"),
    rule("host-oom-kill", r"^TERM_MEMLIMIT: |job killed: (?:p?v?mem) .* exceeded limit", seen="LSF, PBS"),
    rule("timeout", r"^TERM_RUNLIMIT: |job killed: (?:walltime|cput) .* exceeded limit", seen="LSF, PBS"),
    rule("timeout", r"exceeded the maximum execution time|\bDeadlineExceeded\b", seen="GitHub Actions, Kubernetes"),
    rule("killed-sigkill", r"exited with code 137\b|Exited \(137\)", rank=Rank.SIGN, seen="Docker"),
    rule("segfault", r"(?i)exit code -1073741819|\b0xC0000005\b", rank=Rank.SIGN, seen="Windows"),
    rule(
        "network-refused",
        r"Failed to connect to \S+ port \d+.*(?:Couldn't connect to server|refused)",
        rank=Rank.LIKELY,
        seen="curl, git",
    ),
    rule("disk-full", r"database or disk is full", seen="SQLite"),
)
