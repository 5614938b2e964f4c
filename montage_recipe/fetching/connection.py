"""One request and its answer. The only door to HTTP; whatever goes wrong in it becomes a `Broken` or a `Refused`.

urllib, as proxies (HTTPS_PROXY, NO_PROXY) and redirects are all that is needed beside http.client.
"""

from __future__ import annotations

import http.client
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from montage_recipe import __version__
from montage_recipe.fetching.model import host_of
from montage_recipe.fetching.rules import Rules, is_this_machine, why_not

TIMEOUT_S = 30.0  # for connecting, and for each piece
_MOST_REDIRECTS = 10
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that may be others the next time
_RANGE = re.compile(r"bytes (?P<start>\d+)-\d+/(?P<total>\d+|\*)")
_STRONG = re.compile(r'"[!#-~]*"')  # an ETag; those with W/ in front say nothing about bytes
_DATE = re.compile(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT")


class Broken(Exception):
    """It did not work, and may the next time; the text is a clause for people."""


class Unfit(Broken):
    """The server cannot go on from where the part ends."""


class Refused(Exception):
    """It will not work; the text is a clause for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of an answer; `body` is read once."""

    start: int  # the place in the file where the body begins
    total_bytes: int | None  # of the whole file
    validator: str  # what an If-Range may name; "" where the server says nothing that lasts
    body: http.client.HTTPResponse

    def read(self, most_bytes: int) -> bytes:
        """What has come, at least a byte; empty at the end. Raises Broken."""
        try:
            return self.body.read1(most_bytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Broken(reason(error)) from None


@contextmanager
def answer_from(url: str, rules: Rules, *, start: int = 0, validator: str = "") -> Iterator[Answer]:
    """Asks for the file from `start` on, if it still is the one of `validator`; else the answer is the whole file. Raises
    Broken or Refused."""
    headers = {"User-Agent": f"montage-recipe/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": validator}
    try:
        request = urllib.request.Request(url, headers=headers)
        response = _opener(url, rules).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            clause = f"it answers {error.code} {error.reason}".rstrip()
            if 300 <= error.code < 400:
                raise Refused("it leads from one address to the next without end") from None
            if error.code == 416:
                raise Unfit(clause) from None
            if error.code in _PASSING:
                raise Broken(clause) from None
            raise Refused(clause) from None
    except urllib.error.URLError as error:
        raise _unreached(error.reason) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Broken(reason(error)) from None
    with response:
        yield _read_head(response, start)


def _read_head(response: http.client.HTTPResponse, start: int) -> Answer:
    headers = response.headers
    validator = validated(headers.get("ETag", "")) or validated(headers.get("Last-Modified", ""))
    if response.status == 206:
        match = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if match is None or int(match["start"]) != start:
            raise Unfit("it answers with another part of the file than was asked for")
        total = None if match["total"] == "*" else int(match["total"])
        return Answer(start=start, total_bytes=total, validator=validator, body=response)
    if response.status != 200:
        raise Refused(f"it answers {response.status} {response.reason}".rstrip())
    length = headers.get("Content-Length", "")
    total = int(length) if re.fullmatch(r"\d{1,18}", length) else None
    return Answer(start=0, total_bytes=total, validator=validator, body=response)


def validated(text: str) -> str:
    """A validator by which a part can be told to be of the same file; "" for any other text."""
    return text if _STRONG.fullmatch(text) or _DATE.fullmatch(text) else ""


def reason(error: BaseException) -> str:
    """A fault of the network, as a clause."""
    match error:
        case TimeoutError():
            return f"it said nothing for {TIMEOUT_S:.0f} seconds"
        case http.client.IncompleteRead() | http.client.RemoteDisconnected():
            return "it ended the connection"
        case OSError() if error.strerror:
            return error.strerror[:1].lower() + error.strerror[1:]
        case _:
            return f"its answer is not HTTP ({error or type(error).__name__})"


def _unreached(cause: str | BaseException) -> Broken | Refused:
    match cause:
        case ssl.SSLCertVerificationError():
            return Refused(f"its certificate is not trusted: {cause.verify_message}")
        case BaseException():
            return Broken(reason(cause))
        case _:
            return Refused(str(cause))


def _opener(url: str, rules: Rules) -> urllib.request.OpenerDirector:
    """With handlers for http and https only: urllib's own opener knows file:, ftp: and data: too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler({} if is_this_machine(url) else None),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _Redirects(rules),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = _MOST_REDIRECTS

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage
    ) -> Any:
        """Before urllib looks at it, whose own refusals keep connections open and name no cure. Raises Refused."""
        try:
            target = urllib.parse.urljoin(req.full_url, headers.get("Location", ""))
            host, why = host_of(target), why_not(target, self._rules)
        except ValueError:
            host, why = "", "is no address that can be read"
        if why:
            fp.close()
            raise Refused(f"it leads on to {host or 'another address'}, which {why}")
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
