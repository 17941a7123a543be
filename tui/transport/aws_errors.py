"""What botocore raises, mapped once to the errors that the console catches; used in the threads that make the calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from tui.aws_profiles import file_fault
from tui.errors import (
    AccessDenied,
    ApiError,
    ClockSkewed,
    CredentialsExpired,
    CredentialsMissing,
    OutcomeUnknown,
    RegionDisabled,
    ServerFailed,
    Throttled,
    TransportError,
    Unreachable,
)
from tui.transport.aws_process import ProcessFailed
from tui.transport.faults import api_error


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IAM = {
    "ssm": "ssm",
    "ec2": "ec2",
    "resourcegroupstaggingapi": "tag",
    "resource-groups": "resource-groups",
    "sts": "sts",
    "s3": "s3",
    "logs": "logs",
}
"""A service's prefix in IAM actions by botocore's name of it."""

THROTTLES = _words("""
    Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException
    TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded EC2ThrottledException SlowDown
    PriorRequestNotComplete ProvisionedThroughputExceededException TransactionInProgressException
    """)
DENIALS = _words("AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedException AuthorizationError")
EXPIRED = _words("ExpiredToken ExpiredTokenException TokenRefreshRequired")
UNKNOWN_KEYS = _words("UnrecognizedClientException InvalidClientTokenId AuthFailure InvalidAccessKeyId OptInRequired")
"""AWS's answers to a key that it does not know, which is also what a region that is not enabled answers to any key."""
SIGNATURES = _words("SignatureDoesNotMatch InvalidSignatureException IncompleteSignature RequestExpired")
SKEWED = ("signature expired", "signature not yet current", "request has expired", "too skewed")

FAILURES = _words("""
    InternalServerError InternalServerErrorException InternalServiceError InternalServiceErrorException
    InternalServiceException InternalFailure InternalError ServiceUnavailable ServiceUnavailableException Unavailable
    """)
"""A service's words for a failure of its own, whatever the HTTP status beside them."""
NOT_IMPLEMENTED = 501

DEFAULT_REGIONS = _words("""
    us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3
    eu-north-1 ap-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2
    """)
"""Regions that every account has from the first day; the others of the `aws` partition are enabled by hand."""
OTHER_PARTITIONS = ("us-gov-", "us-iso", "cn-", "eusc-", "eu-isoe-")

_ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
_DENY = re.compile(r"with an explicit deny in (?:an? )?([\w -]+?policy)")


class NotAnAnswer(Exception):  # noqa: N818 - it is what came instead of an answer
    """Something that is no AWS service answered; `status` is HTTP's."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(f"HTTP {status}, {kind or 'no content type'}")
        self.status = status


class Broken(Unreachable):
    """The connection broke before an answer came: the next attempt may pass."""


class Down(Broken):
    """A server answered that it can't: HTTP 5xx without a word of the API's."""


class NeedsMfa(Exception):  # noqa: N818 - it is a fact about a profile
    """The profile asks for a code of an MFA device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which call it was; `login` is the command that logs in, `writes` that the call may change something."""

    service: str
    operation: str
    profile: str = ""
    region: str = ""
    endpoint: str = ""
    login: str = ""
    writes: bool = False

    @property
    def action(self) -> str:
        """The IAM action that the call needs."""
        return f"{IAM.get(self.service, self.service)}:{self.operation}"

    @property
    def host(self) -> str:
        return self.endpoint.partition("://")[2].rstrip("/") or f"{self.service} in {self.region or 'no region'}"

    @property
    def named(self) -> str:
        return f"profile {self.profile}" if self.profile else "the default profile"

    @property
    def log_in(self) -> str:
        return f"Log in with `{self.login}`." if self.login else "Renew the credentials."


def as_transport_error(error: BaseException, where: Where) -> TransportError:
    """Give the console's error for whatever a call through botocore raised.

    One about login, region or clock has a sentence of ours as its message, without AWS's code.
    """
    made = error if isinstance(error, TransportError) else _mapped(error, where)
    if isinstance(made, (CredentialsExpired, RegionDisabled, ClockSkewed)):
        made.message = _upper(made.text).rstrip(".") + "."
    return made


def _mapped(error: BaseException, where: Where) -> TransportError:
    from botocore import exceptions as b  # deferred: it is loaded where something of it was raised

    match error:
        case b.ClientError():
            return _answered(error.response, where)
        case b.ParamValidationError() | b.MissingParametersError() | b.ValidationError():
            return ApiError("ValidationException", _flat(error), operation=where.operation)
        case NotAnAnswer():
            said = f"{where.host} was answered by something that is not AWS (HTTP {error.status})."
            hint = "A proxy or a login page may stand between."
            return _unanswered(said, where, hint, Down if error.status >= 500 else Unreachable)
        case b.ProfileNotFound():
            said = f"There is no profile {where.profile or error.kwargs.get('profile', '')}."
            return _missing(said, where, "`aws configure list-profiles` names those that there are.")
    return _credentials(error, where, b) or _network(error, where, b)


def _credentials(error: BaseException, where: Where, b: Any) -> TransportError | None:
    match error:
        case NeedsMfa():
            said = f"{where.named} asks for an MFA code, which can't be asked for here."
            return _missing(_upper(said), where, "Use a profile that logs in by `aws sso login` or `aws login`.")
        case b.NoCredentialsError():
            login = f"aws configure{f' --profile {where.profile}' if where.profile else ''}"
            hint = where.log_in if where.login else f"`{login}` sets them up."
            said = f"there are no credentials for {where.named}"
            return _no_login(CredentialsMissing, "NoCredentials", said, where, hint)
        case b.PartialCredentialsError():
            return _missing(f"The credentials of {where.named} are not whole: {_flat(error)}", where)
        case b.SSOError() | b.LoginError() | b.TokenRetrievalError() | b.NoAuthTokenError():
            kind = CredentialsMissing if isinstance(error, b.SSOTokenLoadError) else CredentialsExpired
            return _no_login(kind, "LoginRequired", f"{where.named} is not logged in: {_flat(error)}", where)
        case b.RefreshWithMFAUnsupportedError():
            return _expired("the MFA session is over and can't be renewed here", where)
        case ProcessFailed():
            said = f"the credential_process of profile {error.profile} gave no credentials: {error}"
            hint = "Its line in AWS's config file, run in a shell, says more."
            return _no_login(CredentialsExpired, "CredentialRetrieval", said, where, hint)
        case b.CredentialRetrievalError() | b.MetadataRetrievalError() | b.UnknownCredentialError():
            said = f"the credentials of {where.named} could not be had: {_flat(error)}"
            return _no_login(CredentialsExpired, "CredentialRetrieval", said, where)
        case b.ConfigParseError():
            fault = file_fault(Path(str(error.kwargs.get("path") or "")))
            said = fault.message.rstrip(".") if fault is not None else _flat(error)
            return _missing(f"The AWS configuration can't be used: {said}", where, "Mend the file.")
        case (
            b.InvalidConfigError()
            | b.ConfigNotFound()
            | b.InfiniteLoopConfigError()
            | b.InvalidDefaultsMode()
            | b.InvalidRetryConfigurationError()
            | b.MissingDependencyException()
        ):
            return _missing(f"The AWS configuration can't be used: {_flat(error)}", where, "Mend the file.")
    return None


def _network(error: BaseException, where: Where, b: Any) -> TransportError:
    match error:
        case b.NoRegionError():
            return RegionDisabled(
                "NoRegion",
                f"{where.named} names no region",
                operation=where.operation,
                hint="Name one with --region, AWS_REGION, or `region` in the profile.",
            )
        case b.InvalidRegionError() | b.UnknownRegionError() | b.ServiceNotInRegionError():
            return _no_region(where)
        case b.ProxyConnectionError() | b.InvalidProxiesConfigError():
            return Unreachable(f"The proxy could not be reached: {_reason(error)}.", hint="See HTTPS_PROXY.")
        case b.SSLError():
            said = f"The certificate of {where.host} was not accepted: {_reason(error)}."
            return Unreachable(said, hint="AWS_CA_BUNDLE names one's own authority.")
        case b.ConnectTimeoutError():
            return Unreachable(f"{where.host} did not answer when connected to.")
        case b.EndpointConnectionError():
            reason = _reason(error)
            if _is_unnamed(reason) and _is_odd(where.region):
                return _no_region(where)
            return Unreachable(f"{where.host} could not be reached: {reason}.")
        case b.ReadTimeoutError():
            return _unanswered(f"{where.host} did not answer in time.", where)
        case b.HTTPClientError() | b.ConnectionError() | b.IncompleteReadError() | b.ResponseStreamingError():
            return _unanswered(f"The connection to {where.host} broke: {_reason(error)}.", where, kind=Broken)
        case b.BotoCoreError():
            return Unreachable(f"{where.operation} failed: {_flat(error)}")
    # A parser's error, for one: what came was no answer of this operation.
    said = f"{where.host} gave an answer that can't be read ({type(error).__name__})."
    return _unanswered(said, where)


def _answered(response: Mapping[str, Any], where: Where) -> TransportError:
    """Give the error of an answer that is one."""
    fault: Mapping[str, Any] = response.get("Error") or {}
    meta: Mapping[str, Any] = response.get("ResponseMetadata") or {}
    code, text = str(fault.get("Code") or "Unknown"), str(fault.get("Message") or "")
    status, headers = int(meta.get("HTTPStatusCode") or 0), meta.get("HTTPHeaders") or {}
    operation = where.operation
    if code in THROTTLES or status == 429:
        return Throttled(code, text, operation=operation)
    if code in SIGNATURES or code == "RequestTimeTooSkewed":
        if code == "RequestTimeTooSkewed" or any(word in text.lower() for word in SKEWED):
            return _skewed(code, text, headers, where)
        said = "the secret key does not fit the access key" if code != "IncompleteSignature" else text
        return _no_login(CredentialsExpired, code, said, where)
    if code in EXPIRED:
        return _expired(text or "the session token is over", where, code)
    if code in UNKNOWN_KEYS:
        if code == "OptInRequired" or _is_opt_in(where.region):
            return _no_region(where, code)
        said = f"AWS does not know the access key of {where.named}"
        return _no_login(CredentialsExpired, code, said, where)
    if code in ("MissingAuthenticationToken", "MissingAuthenticationTokenException"):
        return _missing("The call was not signed.", where)
    if code in DENIALS or (status == 403 and not code.isdigit()):
        found = _ACTION.search(text)
        action = found.group(1) if found else where.action
        deny = _DENY.search(text)
        hint = f"A {deny.group(1)} denies {action} on purpose." if deny else f"The missing permission is {action}."
        return AccessDenied(code, text, operation=operation, action=action, hint=hint)
    is_down = status >= 500 and status != NOT_IMPLEMENTED
    if code.isdigit() or (is_down and code == "Unknown"):
        said = f"{where.host} answered HTTP {status or code}{f': {text[:80]}' if text else ''}."
        return _unanswered(said, where, kind=Down if status >= 500 else Unreachable)
    if is_down or code in FAILURES:
        if not where.writes:
            return ServerFailed(code, text, operation=operation)
        # What failed half way may have been done: the API promises nothing of a write that it failed at.
        return _unanswered(f"{where.host} failed with {code}{f': {text}' if text else ''}".rstrip(".") + ".", where)
    return api_error(code, text, operation)


def _skewed(code: str, text: str, headers: Mapping[str, str], where: Where) -> ClockSkewed:
    off = ""
    try:
        seconds = (datetime.now(UTC) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
        minutes = round(abs(seconds) / 60)
        off = f" by {minutes} minute{'s' * (minutes != 1)}, it is {'ahead' if seconds > 0 else 'behind'}"
    except (TypeError, ValueError):
        pass
    said = f"this machine's clock is off{off}: {text}"
    return ClockSkewed(code, said, operation=where.operation, hint="Set the clock (`timedatectl set-ntp true`).")


def _expired(text: str, where: Where, code: str = "ExpiredTokenException") -> CredentialsExpired:
    return _no_login(CredentialsExpired, code, f"the login of {where.named} has expired: {text}", where)


def _missing(text: str, where: Where, hint: str = "") -> CredentialsExpired:
    return _no_login(CredentialsMissing, "NoCredentials", text, where, hint)


def _no_login(kind: type[CredentialsExpired], code: str, text: str, where: Where, hint: str = "") -> CredentialsExpired:
    return kind(code, text, operation=where.operation, login=where.login, hint=hint or where.log_in)


def _no_region(where: Where, code: str = "RegionDisabled") -> RegionDisabled:
    if not _is_opt_in(where.region) or _is_odd(where.region):
        said = f"there is no region {where.region} for {where.service}"
        return RegionDisabled(
            "NoRegion", said, operation=where.operation, hint="Choose another with --region (:ctx in the console)."
        )
    return RegionDisabled(
        code,
        f"region {where.region} is not enabled for the account of {where.named}, or its access key is not known",
        operation=where.operation,
        hint=f"`aws account enable-region --region-name {where.region}` enables it; --region (:ctx) names another.",
    )


def _unanswered(text: str, where: Where, hint: str = "", kind: type[Unreachable] = Unreachable) -> TransportError:
    if not where.writes:
        return kind(text, hint=hint)
    return OutcomeUnknown(
        f"{text} Whether {where.operation} was done is not known.", hint="Look before it is sent again."
    )


def _is_opt_in(region: str) -> bool:
    return bool(region) and region not in DEFAULT_REGIONS and not region.startswith(OTHER_PARTITIONS)


def _is_odd(region: str) -> bool:
    """Whether botocore's list of regions does not have it."""
    import botocore.session

    regions = botocore.session.Session()
    known = {one for part in regions.get_available_partitions() for one in regions.get_available_regions("ec2", part)}
    return region not in known


def _is_unnamed(reason: str) -> bool:
    return any(word in reason.lower() for word in ("resolve", "name or service", "nodename", "no address"))


def _reason(error: BaseException) -> str:
    """Give the system's own words out of what urllib3 and botocore wrap around them."""
    inner = getattr(error, "kwargs", {}).get("error") or error
    text = _flat(inner)
    for found in (
        re.search(r"\[Errno -?\d+\] ([^')\]]+)", text),
        re.search(r"certificate verify failed: ([^(]+)", text),
        re.search(r"\[SSL[^\]]*\] ([^(]+)", text),
        re.search(r"Failed to resolve '[^']+'", text),
    ):
        if found:
            said = found.group(1) if found.re.groups else found.group(0)
            return said.strip()
    return text[:160].rstrip(".")


def _flat(error: object) -> str:
    return " ".join(str(error).split())


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
