"""OpenSSH's ssh, scp and sftp, paramiko, and other programs that speak SSH."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_SSH, _PARAMIKO, _SFTP = "OpenSSH", "paramiko", "sftp, scp"
_ASYNCSSH, _GO, _PUTTY = "asyncssh", "Go: rclone and others", "PuTTY"

RULES = (
    # --- whom one talks to
    rule("host-key-changed", r"REMOTE HOST IDENTIFICATION HAS CHANGED", seen=_SSH),
    rule("host-key-changed", r"BadHostKeyException|Host key for server .* does not match", seen=_PARAMIKO),
    rule(
        "host-key-unknown",
        r"not found in known_hosts|No \S+ host key is known for .* and you have requested strict",
        seen=_PARAMIKO,
    ),
    rule(
        "host-key-unknown",
        r"The authenticity of host .* can't be established|Host key verification failed",
        rank=Rank.EFFECT,
        seen=_SSH,
    ),
    rule(
        "not-ssh-server",
        r"banner line \d+: (?:HTTP/|<|\{|220 |\* OK)|Bad remote protocol version identification",
        seen=_SSH,
    ),
    rule(
        "not-ssh-server",
        r"Indecipherable protocol version|[Ii]nvalid SSH identification string|Protocol major versions differ",
        seen=_PARAMIKO,
    ),
    rule(
        "kex-mismatch",
        r"no matching (?:cipher|MAC|key exchange method|host key type|compression) found|Unable to negotiate with",
        seen=_SSH,
    ),
    rule("kex-mismatch", r"IncompatiblePeer|Incompatible ssh (?:peer|server) ?\(no acceptable", seen=_PARAMIKO),
    # --- who one is
    rule("key-permissions", r"^Permissions (?:\d+ )?for '.*' are too open", seen=_SSH),
    rule(
        "key-permissions", r"UNPROTECTED PRIVATE KEY FILE|Load key \".*\": bad permissions", rank=Rank.LIKELY, seen=_SSH
    ),
    rule(
        "key-passphrase",
        r"PasswordRequiredException|[Pp]rivate key file is encrypted|incorrect passphrase supplied",
        seen=_PARAMIKO,
    ),
    rule(
        "key-passphrase",
        r"Enter passphrase for key|read_passphrase: can't open /dev/tty|bad decrypt",
        rank=Rank.LIKELY,
        seen=_SSH,
    ),
    rule(
        "key-invalid",
        r"Load key \".*\": (?:error in libcrypto|invalid format|unknown or unsupported key type)",
        seen=_SSH,
    ),
    rule(
        "key-invalid",
        r"not a valid \S+ private key file|encountered \S+ key, expected|Could not deserialize key data"
        r"|SSHException: Invalid key$",
        seen=_PARAMIKO,
    ),
    rule("key-invalid", r"unpack requires a buffer", near=r"(?i)paramiko", rank=Rank.LIKELY, seen=_PARAMIKO),
    rule("key-missing", r"Identity file .* not accessible|no such identity: |Load key \".*\": No such file", seen=_SSH),
    rule(
        "key-missing",
        r"No such file or directory: '[^']*(?:/\.ssh/|id_(?:rsa|dsa|ecdsa|ed25519)|\.pem|\.key)",
        seen=_PARAMIKO,
    ),
    rule(
        "key-missing",
        r"^FileNotFoundError: \[Errno 2\]",
        near=r"File .*paramiko/pkey\.py\", line ",
        rank=Rank.LIKELY,
        seen=_PARAMIKO,
    ),
    rule("too-many-auth-failures", r"Too many authentication failures", seen=_SSH),
    rule(
        "account-disabled",
        r"This account is currently not available|account (?:is|has been) (?:disabled|locked|expired)|Your account has expired",
        seen=_SSH,
    ),
    rule("account-disabled", r"User \S+ (?:not allowed because|from \S+ not allowed)", seen=_SSH),
    rule(
        "auth-denied",
        r"Permission denied \((?:publickey|password|keyboard-interactive|gssapi|hostbased)",
        rank=Rank.EFFECT,
        seen=_SSH,
    ),
    rule(
        "auth-denied",
        r"Permission denied, please try again|(?:AuthenticationException|BadAuthenticationType|Authentication failed)",
        rank=Rank.EFFECT,
        seen=_PARAMIKO,
    ),
    rule(
        "auth-denied",
        r"No (?:supported )?authentication methods available|Server refused our key",
        rank=Rank.EFFECT,
        seen=_PARAMIKO,
    ),
    # --- the way there
    rule(
        "dns-failure",
        r"Could not resolve host(?:name)?\b|Name or service not known|[Tt]emporary failure in name resolution"
        r"|nodename nor servname",
        seen=_SSH,
    ),
    rule(
        "dns-failure",
        r"\bgaierror\b|getaddrinfo (?:ENOTFOUND|EAI_AGAIN|failed)|No address associated with hostname",
        seen=_PARAMIKO,
    ),
    rule("network-unreachable", r"[Nn]etwork is unreachable|\[Errno 101\]|ENETUNREACH|Network is down", seen=_SSH),
    rule("no-route", r"[Nn]o route to host|\[Errno 113\]|EHOSTUNREACH|Host is down", seen=_SSH),
    rule(
        "connection-refused",
        r"connect to (?:host|address) .*Connection refused|NoValidConnectionsError|Unable to connect to port \d+ on",
        seen=_SSH,
    ),
    rule(
        "connection-refused", r"ConnectionRefusedError", rank=Rank.LIKELY, near=r"(?i)paramiko|\bssh\b", seen=_PARAMIKO
    ),
    rule(
        "connection-timeout",
        r"Connection timed out|Operation timed out|timed out during banner exchange|connect to .* timed out",
        rank=Rank.LIKELY,
        seen=_SSH,
    ),
    rule("connection-timeout", r"^(?:TimeoutError|socket\.timeout)\b", rank=Rank.EFFECT, seen=_PARAMIKO),
    rule("connection-timeout", r"ETIMEDOUT|ESOCKETTIMEDOUT|\[Errno 110\]", rank=Rank.LIKELY, seen="Node.js"),
    rule(
        "connection-lost",
        r"client_loop: send disconnect|closed by remote host\.?$|^(?:\S+: )?[Ll]ost connection|Broken pipe.*ssh",
        rank=Rank.EFFECT,
        seen=_SSH,
    ),
    rule(
        "connection-lost",
        r"SSH session not active|Server connection dropped|Timeout, server \S+ not responding",
        seen=_PARAMIKO,
    ),
    rule("connection-lost", r"^EOFError", near=r"paramiko", rank=Rank.LIKELY, seen=_PARAMIKO),
    rule(
        "connection-lost",
        r"(?:Socket is closed|Socket exception: |Remote side unexpectedly closed)",
        rank=Rank.EFFECT,
        seen=_PARAMIKO,
    ),
    rule(
        "connection-lost",
        r"rsync error: .*\(code (?:12|30|255)\)|connection unexpectedly closed",
        rank=Rank.EFFECT,
        seen="rsync",
    ),
    rule(
        "connection-reset", r"Connection reset by|ECONNRESET|\[Errno 104\]|socket hang up", rank=Rank.LIKELY, seen=_SSH
    ),
    rule(
        "connection-closed",
        r"(?:kex_exchange_identification|ssh_exchange_identification): Connection closed",
        rank=Rank.LIKELY,
        seen=_SSH,
    ),
    rule(  # a jump host has let it through
        "connection-closed",
        r"kex_exchange_identification: Connection closed",
        near=r"\bAuthenticated to \S+ \(",
        seen=_SSH,
    ),
    # ssh knows no address and port where the way there is a ProxyCommand's.
    rule("proxy-command-failed", r"^Connection closed by UNKNOWN port 65535", seen=_SSH),
    rule("connection-closed", r"^Connection closed by |Error reading SSH protocol banner", rank=Rank.EFFECT, seen=_SSH),
    rule("network-refused", r"Connection refused|ECONNREFUSED|\[Errno 111\]", rank=Rank.EFFECT, seen="all programs"),
    # --- files there
    rule(
        "sftp-unavailable",
        r"subsystem request failed on channel|EOF during negotiation|Received message too long",
        seen=_SFTP,
    ),
    rule("sftp-unavailable", r"SSHException: Channel closed\.?$", near=r"sftp", rank=Rank.LIKELY, seen=_PARAMIKO),
    rule("sftp-unavailable", r"sftp-server: (?:command )?not found|sftp-server: No such file", seen=_SFTP),
    rule(
        "remote-disk-full",
        r"^(?:scp|sftp|rsync)\b.*No space left on device|(?:scp|sftp|rsync): write .*No space left",
        seen=_SFTP,
    ),
    rule("remote-disk-full", r"^OSError: Failure$", near=r"sftp", seen=_PARAMIKO),
    rule("remote-disk-full", r"(?:write remote|remote write|Couldn't write to remote file) .*: Failure", seen=_SFTP),
    rule(
        "remote-readonly",
        r"(?:dest open|remote open|remote mkdir|Couldn't create directory).*: "
        r"(?:Failure|Permission denied|Read-only file system)",
        seen=_SFTP,
    ),
    rule("remote-readonly", r"^(?:scp|sftp|rsync)\b.*(?:Read-only file system|Permission denied)$", seen=_SFTP),
    rule(
        "remote-readonly",
        r"^(?:PermissionError|OSError|IOError): .*(?:Permission denied|Read-only)",
        near=r"paramiko/sftp",
        rank=Rank.LIKELY,
        seen=_PARAMIKO,
    ),
    rule(
        "remote-file-missing",
        r"^File \".*\" not found|^(?:scp|sftp): .*No such file or directory|stat remote.*: No such file",
        seen=_SFTP,
    ),
    rule(
        "remote-file-missing",
        r"(?:dest open|remote open|remote readdir|realpath) .*: No such file|Couldn't stat remote file",
        seen=_SFTP,
    ),
    rule("remote-file-missing", r"^FileNotFoundError: \[Errno 2\]", near=r"paramiko/sftp", seen=_PARAMIKO),
    rule(
        "connection-lost", r"packet_write_wait: Connection to .*: Broken pipe|client_loop: send disconnect: ", seen=_SSH
    ),
    rule("connection-lost", r"request to https?://\S+ failed, reason: socket hang up", seen="Node.js"),
    rule(
        "connection-refused",
        r"connect ECONNREFUSED |^ConnectionRefusedError: ",
        rank=Rank.LIKELY,
        seen="Node.js, Python",
    ),
    rule(
        "not-ssh-server",
        r"banner line contains invalid characters|ssh_exchange_identification: (?:HTTP/|<|220 )",
        seen=_SSH,
    ),
    rule(
        "remote-file-missing",
        r"^rsync: .*(?:link_stat|change_dir|mkdir) .* failed: No such file or directory",
        seen="rsync",
    ),
    rule("remote-readonly", r"^rsync: .*(?:Read-only file system|Permission denied) \(\d+\)", seen="rsync"),
    rule("remote-readonly", r"Read-only file system$", near=r"\bConnection to \S+ closed", seen=_SSH),
    rule("auth-denied", r"^\S+@\S+: Permission denied \(", rank=Rank.LIKELY, seen=_SSH),
    rule("connection-reset", r"^Read from remote host .*: Connection reset by peer", seen=_SSH),
    rule(
        "connection-lost",
        r"^Read from remote host .*: (?:Connection (?:aborted|timed out)|Operation timed out)",
        seen=_SSH,
    ),
    rule(
        "connection-timeout",
        r"Error reading SSH protocol banner",
        near=r"raise socket\.timeout|(?m:\bTimeoutError$)",
        rank=Rank.LIKELY,
        seen=_PARAMIKO,
    ),
    rule("not-ssh-server", r"\bBanner: (?:HTTP/|220 |\* OK|\+OK)", seen=_PARAMIKO),
    rule(
        "remote-disk-full",
        r"^tar: .*(?:No space left on device|Disk quota exceeded)",
        near=r"\bssh\b[^|\n]*(?<![.\w])tar +-?\w*x",
        seen="tar",
    ),
    # The host that a jump host was to connect to; what ssh says of the closed tunnel comes after it.
    rule("connection-refused", r"open failed: connect failed: Connection refused", seen=_SSH),
    rule("connection-timeout", r"open failed: connect failed: Connection timed out", seen=_SSH),
    rule("key-invalid", r"^ValueError: q must be exactly 160, 224, or 256 bits long", seen=_PARAMIKO),
    # --- asyncssh
    rule("auth-denied", r"\basyncssh\.\S*PermissionDenied: ", rank=Rank.EFFECT, seen=_ASYNCSSH),
    rule("host-key-unknown", r"\bHostKeyNotVerifiable: ", seen=_ASYNCSSH),
    rule("key-passphrase", r"\bKey(?:Import|Encryption)Error: .*[Pp]assphrase", seen=_ASYNCSSH),
    rule("key-invalid", r"\bKeyImportError: (?!.*[Pp]assphrase)", seen=_ASYNCSSH),
    rule("kex-mismatch", r"\bKeyExchangeFailed: ", seen=_ASYNCSSH),
    rule("connection-lost", r"\basyncssh\.\S*(?:ConnectionLost|NoConnection)\b", rank=Rank.LIKELY, seen=_ASYNCSSH),
    rule("sftp-unavailable", r"\bChannelOpenError: Session request failed", near=r"sftp", seen=_ASYNCSSH),
    rule("remote-file-missing", r"\bSFTPNoSuch(?:File|Path)\b", seen=_ASYNCSSH),
    rule("remote-readonly", r"\bSFTP(?:PermissionDenied|WriteProtect)\b", seen=_ASYNCSSH),
    rule("remote-disk-full", r"\bSFTP(?:NoSpaceOnFilesystem|QuotaExceeded)\b", seen=_ASYNCSSH),
    # --- Go's crypto/ssh and net
    rule("auth-denied", r"ssh: unable to authenticate, attempted methods", rank=Rank.EFFECT, seen=_GO),
    rule("host-key-changed", r"knownhosts: key mismatch", seen=_GO),
    rule("host-key-unknown", r"knownhosts: key is unknown", seen=_GO),
    rule("kex-mismatch", r"ssh: no common algorithm for", seen=_GO),
    rule("dns-failure", r"dial tcp: lookup .*: (?:no such host|server misbehaving)", seen=_GO),
    rule("connection-timeout", r"dial tcp .*: i/o timeout", rank=Rank.LIKELY, seen=_GO),
    rule("connection-refused", r"(?i:\bssh\b).*dial tcp .*: connection refused", seen=_GO),
    rule("network-refused", r"dial tcp .*: connection refused", rank=Rank.EFFECT, seen=_GO),
    # --- PuTTY's plink and pscp
    rule("host-key-unknown", r"host key is not cached|Cannot confirm a host key in batch mode", seen=_PUTTY),
    rule("host-key-changed", r"host key does not match the one PuTTY has cached", seen=_PUTTY),
    rule("connection-refused", r"Network error: Connection refused", seen=_PUTTY),
)
