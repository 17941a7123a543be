"""Signatures as botocore makes them, and everything that can be wrong with one, in AWS's words."""

import calendar
import hashlib
import time

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from multidict import CIMultiDict

from tui.engine.context import ApiFault
from tui.engine.server.sigv4 import Key, Verifier

KEY = Key("AKIAEXAMPLEEXAMPLE12", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "ops")
NOW = time.time()
HOST = "127.0.0.1:4566"
BODY = b'{"MaxResults": 5}'
TARGET = "AmazonSSM.DescribeInstanceInformation"


def basic(moment):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))


def signed(
    target="/",
    body=BODY,
    method="POST",
    region="eu-west-1",
    service="ssm",
    secret=KEY.secret,
    token=None,
    query=False,
    **more,
):
    """Give the path and headers of a request that botocore has signed just now."""
    headers = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.1", "Host": HOST, **more}
    request = AWSRequest(method, f"http://{HOST}{target}", headers=headers, data=body)
    credentials = Credentials(KEY.id, secret, token)
    (SigV4QueryAuth if query else SigV4Auth)(credentials, service, region).add_auth(request)
    url = request.prepare().url
    return url.partition(HOST)[2], CIMultiDict({name: str(value) for name, value in request.headers.items()})


def verify(target, headers, body=BODY, method="POST", service="ssm", now=None, key=KEY):
    claim = Verifier([key], lambda: time.time() if now is None else now).claim(method, target, headers, service)
    claim.check(body)
    return claim


def fault(*args, **more):
    with pytest.raises(ApiFault) as caught:
        verify(*args, **more)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/resources/arn%3Aaws%3Aresource-groups%3Aeu-west-1%3A123456789012%3Agroup%2Fweb/tags",
        "/groups-list?maxResults=5&nextToken=a%2Fb%3D%3D",
        "/groups-list?nextToken=&maxResults=5",
        "/groups-list?b=2&a=1&a=0",
        "/a/./b/../c%20d//e/",
        "/%C3%A4~x-_.y",
    ],
)
@pytest.mark.parametrize("body", [b"", BODY, bytes(range(256))])
def test_what_botocore_signs_is_verified(target, body):
    path, headers = signed(target, body)
    claim = verify(path, headers, body)
    assert (claim.key, claim.region) == (KEY, "eu-west-1")


@pytest.mark.parametrize("target", ["/", "/groups-list?maxResults=5&nextToken=a%2Fb%3D%3D"])
def test_what_botocore_presigns_is_verified_until_it_expires(target):
    path, headers = signed(target, b"", query=True)
    assert "X-Amz-Signature" in path
    assert verify(path, headers, b"").region == "eu-west-1"
    assert verify(path, headers, b"", now=time.time() + 3000).region == "eu-west-1"
    code, text = fault(path, headers, b"", now=time.time() + 3700)
    assert code == "InvalidSignatureException" and "Signature expired" in text and "- 60 min.)" in text
    assert fault(path.replace("maxResults=5", "maxResults=6").replace("Expires=3600", "Expires=3601"), headers, b"")[
        0
    ] == ("InvalidSignatureException")


def test_odd_spaces_and_repeated_headers_are_signed_as_botocore_does():
    path, headers = signed(**{"X-Odd": "a   b\t c", "X-Utf": "grün"})
    verify(path, headers)
    headers.add("X-Odd", "second")
    assert fault(path, headers)[0] == "InvalidSignatureException"


def test_the_content_hash_may_be_sent_as_a_header():
    path, headers = signed(**{"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()})
    verify(path, headers)


def test_a_changed_request_does_not_verify_and_is_told_what_was_expected():
    path, headers = signed()
    code, text = fault(path, headers, b"{}")
    assert code == "InvalidSignatureException"
    assert text.startswith("The request signature we calculated does not match the signature you provided. Check your")
    assert f"'POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:{HOST}\n" in text
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in text
    assert KEY.secret not in text
    for name, value in (("X-Amz-Target", "AmazonSSM.SendCommand"), ("Host", "elsewhere"), ("Content-Type", "x")):
        changed = headers.copy()
        changed[name] = value
        assert fault(path, changed)[0] == "InvalidSignatureException"
    assert fault("/?x=1", headers)[0] == "InvalidSignatureException"
    assert fault(path, headers, method="PUT")[0] == "InvalidSignatureException"


@pytest.mark.parametrize("signature", ["0" * 64, "", "x", "ä" * 64, "0" * 6000])
def test_any_other_signature_is_refused(signature):
    path, headers = signed()
    before, _, _ = headers["Authorization"].rpartition("=")
    headers["Authorization"] = f"{before}={signature}"
    expected = "InvalidSignatureException" if signature else "IncompleteSignatureException"
    assert fault(path, headers)[0] == expected


def test_another_secret_or_an_unknown_key():
    assert fault(*signed(secret="x" * 40))[0] == "InvalidSignatureException"
    other = Key("AKIAOTHEROTHEROTHER0", KEY.secret, "ops")
    assert fault(*signed(), key=other) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_a_session_token_belongs_to_no_key_of_ours():
    assert fault(*signed(token="FwoGZXIvYXdzEXAMPLE"))[0] == "UnrecognizedClientException"
    assert fault(*signed(token="FwoGZXIvYXdzEXAMPLE", query=True))[0] == "UnrecognizedClientException"


@pytest.mark.parametrize("authorization", [None, "", "Bearer eyJ0eXAi", "Basic dXNlcjpwYXNz", "AWS k:s"])
def test_no_signature_at_all(authorization):
    _, headers = signed()
    del headers["Authorization"]
    if authorization is not None:
        headers["Authorization"] = authorization
    assert fault("/", headers) == ("MissingAuthenticationTokenException", "Missing Authentication Token")


def test_a_clock_that_is_off_by_five_minutes_is_refused_and_by_less_is_not():
    path, headers = signed()
    date = headers["X-Amz-Date"]
    at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    for now in (at + 300, at - 300):
        verify(path, headers, now=now)
    assert fault(path, headers, now=at + 301) == (
        "InvalidSignatureException",
        f"Signature expired: {date} is now earlier than {basic(at + 1)} ({basic(at + 301)} - 5 min.)",
    )
    assert fault(path, headers, now=at - 301) == (
        "InvalidSignatureException",
        f"Signature not yet current: {date} is still later than {basic(at - 1)} ({basic(at - 301)} + 5 min.)",
    )


def test_the_scope_must_be_ours():
    code, text = fault(*signed(service="ec2"))
    assert (code, text) == ("InvalidSignatureException", "Credential should be scoped to correct service: 'ssm'. ")
    _, text = fault(*signed(region="nowhere"))
    assert text == "Credential should be scoped to a valid region, not 'nowhere'. "
    path, headers = signed()
    wrong = headers.copy()
    wrong["Authorization"] = headers["Authorization"].replace("aws4_request", "aws5_request")
    assert "valid terminator: 'aws4_request', not 'aws5_request'" in fault(path, wrong)[1]
    wrong["Authorization"] = headers["Authorization"].replace(headers["X-Amz-Date"][:8], "20200101")
    assert "Date in Credential scope does not match YYYYMMDD" in fault(path, wrong)[1]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda a: a.replace("Signature=", "Signatur="), "requires 'Signature' parameter. (Hashed"),
        (lambda a: "AWS4-HMAC-SHA256", "requires 'Credential' parameter. Authorization header requires 'Signature'"),
        (lambda a: a.replace("Credential=", "Credential= "), "not a valid key=value pair (missing equal-sign)"),
        (lambda a: a.replace("/ssm/", "/"), "Credential must have exactly 5 slash-delimited elements"),
        (lambda a: a.replace("SHA256", "SHA1"), "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."),
        (lambda a: a.replace("host;", "host;x-gone;"), "'x-gone' is named as a SignedHeader, but it does not exist"),
    ],
)
def test_a_header_that_lacks_something(change, text):
    path, headers = signed()
    headers["Authorization"] = change(headers["Authorization"])
    code, said = fault(path, headers)
    assert code == "IncompleteSignatureException"
    assert text in said


@pytest.mark.parametrize("date", ["", "yesterday", "20261332T250000Z", "2026-11-21T12:00:00Z", "99999999999999999999"])
def test_a_date_that_is_none(date):
    path, headers = signed()
    headers["X-Amz-Date"] = date
    assert fault(path, headers)[0] == "IncompleteSignatureException"


def test_no_date_at_all_and_the_date_header_instead():
    path, headers = signed()
    del headers["X-Amz-Date"]
    assert "existence of either a 'X-Amz-Date' or a 'Date' header" in fault(path, headers)[1]
    headers["Date"] = "Sat, 21 Nov 1998 12:00:00 GMT"
    assert "Signature expired: 19981121T120000Z" in fault(path, headers)[1]


@pytest.mark.parametrize("name", ["host", "x-amz-target", "x-amz-date"])
def test_what_chooses_operation_and_moment_must_be_signed(name):
    path, headers = signed()
    headers["Authorization"] = headers["Authorization"].replace(f"{name};", "").replace(f";{name},", ",")
    code, text = fault(path, headers)
    assert code == "InvalidSignatureException"
    assert "must be a 'SignedHeader' in the AWS Authorization." in text


@pytest.mark.parametrize("expires", ["0", "604801", "soon", "-5", ""])
def test_a_presigned_request_is_good_for_a_week_at_most(expires):
    path, headers = signed(body=b"", query=True)
    assert fault(path.replace("X-Amz-Expires=3600", f"X-Amz-Expires={expires}"), headers, b"")[0] == (
        "IncompleteSignatureException"
    )


def test_signing_keys_are_derived_once_and_not_kept_without_end():
    key = Key(KEY.id, KEY.secret, "ops")
    first = key.signing("20261121", "eu-west-1", "ssm")
    assert key.signing("20261121", "eu-west-1", "ssm") is first
    for number in range(1000):
        key.signing(str(number), "eu-west-1", "ssm")
    assert len(key._signing) <= 64
    assert KEY.secret not in repr(key)
