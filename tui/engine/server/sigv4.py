"""Signature Version 4 as a service checks it: who signed a request, for which region, and that nothing was changed.

`Verifier.claim` reads what a request says of its signature, before its body is read; `Claim.check` proves it with the
body. What is wrong is said with AWS's own codes and texts. Source: "AWS Signature Version 4 for API requests" in the
IAM user guide; botocore's `SigV4Auth` is the oracle in tests.
"""

from __future__ import annotations

import base64
import calendar
import email.utils
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, unquote

from tui.engine.context import ApiFault

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SKEW = 300
"""Seconds that a request's clock may be off."""
LONGEST = 7 * 24 * 3600
"""Seconds that a presigned request may be good for."""
_KEPT = 64  # signing keys kept per access key: a region and a service have one each day

_BASIC = re.compile(r"[0-9]{8}T[0-9]{6}Z")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]{2,12})+-[0-9]{1,2}")
_QUERY_WORDS = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires")


class Headers(Protocol):
    """The headers of a request; names in any case."""

    def get(self, name: str, /) -> str | None: ...
    def getall(self, name: str, default: list[str], /) -> list[str]: ...


@dataclass(slots=True)
class Key:
    """One access key; its secret is never shown."""

    id: str
    secret: str = field(repr=False)
    user: str
    _signing: dict[tuple[str, str, str], bytes] = field(default_factory=dict, repr=False)

    def signing(self, day: str, region: str, service: str) -> bytes:
        """Give the key that signs for one day, region and service; derived once."""
        scope = (day, region, service)
        found = self._signing.get(scope)
        if found is None:
            found = f"AWS4{self.secret}".encode()
            for word in (day, region, service, TERMINATOR):
                found = hmac.digest(found, word.encode(), "sha256")
            if len(self._signing) >= _KEPT:
                self._signing.clear()
            self._signing[scope] = found
        return found


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signature, everything but the signature itself found good."""

    key: Key
    region: str
    scope: str
    date: str
    signature: str
    signing: bytes
    canonical: str
    """The canonical request up to the hash of the body."""

    def check(self, body: bytes) -> None:
        """Prove that the holder of the key signed this request with this body. Raises: ApiFault."""
        canonical = f"{self.canonical}{hashlib.sha256(body).hexdigest()}"
        hashed = hashlib.sha256(_bytes(canonical)).hexdigest()
        to_sign = f"{ALGORITHM}\n{self.date}\n{self.scope}\n{hashed}"
        expected = hmac.digest(self.signing, to_sign.encode(), "sha256").hex()
        if not hmac.compare_digest(expected.encode(), _bytes(self.signature)):
            shown = _bytes(canonical).decode("utf-8", "replace")
            raise _invalid(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                "Access Key and signing method. Consult the service documentation for details.\n\n"
                f"The Canonical String for this request should have been\n'{shown}'\n\n"
                f"The String-to-Sign should have been\n'{to_sign}'\n"
            )


class Verifier:
    """Checks signatures against a set of access keys; `now` gives the time in epoch seconds."""

    def __init__(self, keys: Sequence[Key], now: Callable[[], float]) -> None:
        self._keys = {key.id: key for key in keys}
        self._now = now

    def claim(self, method: str, target: str, headers: Headers, service: str) -> Claim:
        """Read who signed a request for a service; `target` is the path and query as they were sent.

        Raises: ApiFault with AWS's code and text.
        """
        path, _, query = target.partition("?")
        authorization = headers.get("Authorization")
        if authorization is not None and authorization.startswith("AWS4-"):
            found = _of_header(authorization, headers)
            date, expires = _header_date(headers), None
            token = headers.get("X-Amz-Security-Token")
        elif authorization is None and "X-Amz-Algorithm=" in query:
            found = _of_query(query)
            date, expires = found["X-Amz-Date"], found["X-Amz-Expires"]
            token = found.get("X-Amz-Security-Token") or headers.get("X-Amz-Security-Token")
            query = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
        else:
            raise ApiFault("MissingAuthenticationTokenException", "Missing Authentication Token")
        words = found["Credential"].split("/")
        if len(words) != 5:
            raise _incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                f"got '{found['Credential']}'"
            )
        key_id, day, region, signed_service, terminator = words
        key = self._keys.get(key_id)
        if key is None or token:  # no key of ours has a session, so no token belongs to it
            raise ApiFault("UnrecognizedClientException", "The security token included in the request is invalid.")
        self._check_time(date, expires)
        _check_scope(day, region, signed_service, terminator, date, service)
        names = found["SignedHeaders"].lower().split(";")
        canonical = "\n".join(
            (
                method,
                _canonical_path(path),
                _canonical_query(query) if query else "",
                *_canonical_headers(names, headers),
                "",
                ";".join(names),
                "",
            )
        )
        scope = f"{day}/{region}/{service}/{TERMINATOR}"
        return Claim(key, region, scope, date, found["Signature"], key.signing(day, region, service), canonical)

    def _check_time(self, date: str, expires: str | None) -> None:
        signed, now = _epoch(date), self._now()
        good_for = SKEW
        if expires is not None:
            if not expires.isdecimal() or not 1 <= int(expires) <= LONGEST:
                raise _incomplete(f"X-Amz-Expires must be between 1 and {LONGEST} seconds, got '{expires}'.")
            good_for = int(expires)
        if signed < now - good_for:
            limit, minutes = _basic(now - good_for), f"{good_for / 60:g} min."
            raise _invalid(f"Signature expired: {date} is now earlier than {limit} ({_basic(now)} - {minutes})")
        if signed > now + SKEW:
            limit, minutes = _basic(now + SKEW), f"{SKEW // 60} min."
            raise _invalid(f"Signature not yet current: {date} is still later than {limit} ({_basic(now)} + {minutes})")


def _of_header(authorization: str, headers: Headers) -> Mapping[str, str]:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'.")
    found: dict[str, str] = {}
    for part in rest.replace(",", " ").split():
        name, equals, value = part.partition("=")
        if not equals:
            raise _incomplete(
                f"'{part}' not a valid key=value pair (missing equal-sign) in Authorization header "
                f"(hashed with SHA-256 and encoded with Base64): '{_hashed(authorization)}'."
            )
        found[name] = value
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not found.get(name)
    ]
    if headers.get("X-Amz-Date") is None and headers.get("Date") is None:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        raise _incomplete(
            f"{' '.join(missing)} (Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}"
        )
    return found


def _of_query(query: str) -> Mapping[str, str]:
    found = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        found[unquote(name)] = unquote(value)
    if found.get("X-Amz-Algorithm") != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{found.get('X-Amz-Algorithm')}'.")
    missing = [f"AWS query-string parameters must include '{name}'." for name in _QUERY_WORDS if not found.get(name)]
    if missing:
        raise _incomplete(" ".join(missing))
    return found | {name[len("X-Amz-") :]: found[name] for name in _QUERY_WORDS[:3]}


def _header_date(headers: Headers) -> str:
    date = headers.get("X-Amz-Date")
    if date is not None:
        return date
    date = headers.get("Date") or ""
    if _BASIC.fullmatch(date):
        return date
    try:
        return _basic(email.utils.parsedate_to_datetime(date).timestamp())
    except (ValueError, OverflowError):
        return date  # what is no date is refused with the others


def _check_scope(day: str, region: str, signed: str, terminator: str, date: str, service: str) -> None:
    wrong = []
    if day != date[:8]:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{day}' != '{date[:8]}', from '{date}'."
        )
    if not REGION.fullmatch(region):
        wrong.append(f"Credential should be scoped to a valid region, not '{region}'. ")
    if signed != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'. ")
    if terminator != TERMINATOR:
        wrong.append(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. ")
    if wrong:
        raise _invalid("".join(wrong))


def _canonical_path(path: str) -> str:
    if path == "/":
        return path
    kept: list[str] = []
    for word in path.split("/"):
        if word == "..":
            del kept[-1:]
        elif word not in ("", "."):
            kept.append(word)
    end = "/" if kept and path.endswith("/") else ""
    return quote(f"/{'/'.join(kept)}{end}", safe="/~")


def _canonical_query(query: str) -> str:
    pairs = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        pairs.append((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _canonical_headers(names: Sequence[str], headers: Headers) -> list[str]:
    if "host" not in names:
        raise _invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    # What chooses the operation and the moment must not be free to be changed by who passes a request on.
    for name in ("X-Amz-Target", "X-Amz-Date"):
        if name.lower() not in names and headers.get(name) is not None:
            raise _invalid(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    lines = []
    for name in names:
        values = headers.getall(name, [])
        if not values:
            raise _incomplete(f"'{name}' is named as a SignedHeader, but it does not exist in the HTTP request.")
        lines.append(f"{name}:{','.join(' '.join(value.split()) for value in values)}")
    return lines


@lru_cache(maxsize=256)
def _epoch(date: str) -> int:
    try:
        if _BASIC.fullmatch(date):
            return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        pass
    raise _incomplete(
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _basic(moment: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))


def _hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(_bytes(text)).digest()).decode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")  # headers come with what is not UTF-8 escaped so


def _invalid(message: str) -> ApiFault:
    return ApiFault("InvalidSignatureException", message)


def _incomplete(message: str) -> ApiFault:
    return ApiFault("IncompleteSignatureException", message)
