"""What stands on the wire, byte by byte: statuses, bodies and headers, and input that no client of AWS's sends."""

import contextlib
import gzip
import http.client
import json
import re
import socket

import psutil
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.contract.serving import serving
from tui.engine.server.http import MAX_BODY

JSON_1_1 = "application/x-amz-json-1.1"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("wire") / "state") as found:
        yield found


class Reply:
    def __init__(self, reply):
        self.status = reply.status
        self.headers = reply.headers
        self.raw = reply.read()

    @property
    def body(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.body["__type"]

    @property
    def text(self):
        return self.body.get("message") or self.body.get("Message") or ""


def signature(served, method, target, body, headers, service="ssm", region="eu-west-1"):
    """Give the headers of a signed request."""
    headers = {"Host": f"127.0.0.1:{served.port}", **headers}
    request = AWSRequest(method, served.endpoint + target, headers=headers, data=body)
    SigV4Auth(Credentials(*served.key()), service, region).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


def ask(served, operation="DescribeInstanceInformation", body=b"{}", *, prefix="AmazonSSM", kind=JSON_1_1):
    """Send a signed request of JSON 1.1 on a connection of its own."""
    headers = signature(served, "POST", "/", body, {"X-Amz-Target": f"{prefix}.{operation}", "Content-Type": kind})
    return send(served, "POST", "/", body, headers)


def send(served, method, target, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, target, body, headers)
        return Reply(connection.getresponse())


@contextlib.contextmanager
def dialled(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        yield connection


def said(connection):
    """Read until the server closes."""
    heard = b""
    while data := connection.recv(65536):
        heard += data
    return heard


def raw_request(served, body=b"{}", **more):
    target = {"X-Amz-Target": "AmazonSSM.DescribeInstanceInformation", "Content-Type": JSON_1_1}
    headers = signature(served, "POST", "/", body, target) | {"Content-Length": str(len(body))} | more
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


# answers


def test_an_answer_is_json_with_a_request_id_and_times_as_numbers(served):
    reply = ask(served)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == JSON_1_1
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", reply.headers["x-amzn-RequestId"])
    assert re.search(rb'"LastPingDateTime":\d{10}\.\d+', reply.raw)
    assert b"null" not in reply.raw


def test_lists_are_there_even_when_they_are_empty(served):
    assert ask(served, "ListCommands").body == {"Commands": []}
    assert ask(served, "DescribeSessions", b'{"State": "Active"}').body["Sessions"] == []


def test_times_are_taken_as_numbers_and_as_texts(served):
    for moment in (b"1582136283.089", b"1582136283", b'"2020-02-19T18:18:03.089Z"'):
        assert ask(served, "ListAuditEvents", b'{"MaxResults": 5}', prefix="SsmTui").status == 200
        body = b'{"ExpirationDate": ' + moment + b', "IamRole": "service-role/r"}'
        assert ask(served, "CreateActivation", body).code != "SerializationException"


def test_our_own_operations_are_asked_by_a_prefix_of_their_own(served):
    described = ask(served, "DescribeEngine", prefix="SsmTui").body
    assert described["Pid"] == served.pid
    assert described["Endpoint"] == served.endpoint
    assert ask(served, "DescribeEngine").code == "UnknownOperationException"


def test_a_write_is_audited_with_the_caller_s_arn_and_answers_in_the_request_s_region(served):
    (node,) = ask(served).body["InstanceInformationList"]
    tags = {"ResourceType": "ManagedInstance", "ResourceId": node["InstanceId"], "Tags": [{"Key": "a", "Value": "ä"}]}
    assert ask(served, "AddTagsToResource", json.dumps(tags).encode()).body == {}
    events = ask(served, "ListAuditEvents", prefix="SsmTui").body["Events"]
    assert events[0]["Operation"] == "AddTagsToResource"
    assert events[0]["Caller"].startswith(f"arn:aws:iam::{served.account}:user/")


# errors


def test_an_error_names_its_code_and_its_text_as_the_model_spells_it(served):
    reply = ask(served, "SendCommand", b'{"DocumentName": "No-Such", "InstanceIds": ["mi-00000000000000000"]}')
    assert (reply.status, reply.code) == (400, "InvalidDocument")
    assert reply.body.keys() == {"__type", "Message"}
    assert reply.headers["x-amzn-ErrorType"] == "InvalidDocument"
    assert len(reply.headers["x-amzn-RequestId"]) == 36
    reply = ask(served, "DescribeInstanceInformation", b'{"MaxResults": 1}')
    assert (reply.status, reply.code) == (400, "ValidationException")
    assert reply.text == (
        "1 validation error detected: Value '1' at 'maxResults' failed to satisfy constraint: "
        "Member must have value greater than or equal to 5"
    )


@pytest.mark.parametrize("operation", ["NoSuch", "", "describeInstanceInformation", "A.B", "x" * 5000, "Ünknown"])
def test_an_unknown_operation(served, operation):
    headers = {"X-Amz-Target": f"AmazonSSM.{operation}", "Content-Type": JSON_1_1}
    headers = signature(served, "POST", "/", b"{}", headers)
    headers["X-Amz-Target"] = headers["X-Amz-Target"].encode()
    reply = send(served, "POST", "/", b"{}", headers)
    assert (reply.status, reply.code) == (400, "UnknownOperationException")


def test_an_unknown_service_and_no_service_at_all(served):
    for method, target, headers in (
        ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}),
        ("GET", "/", {"X-Amz-Target": "AmazonSSM.ListCommands"}),
        ("GET", "/", {}),
        ("POST", "/", {}),
        ("DELETE", "/groups", {}),
        ("GET", "/favicon.ico?x=1", {}),
        ("OPTIONS", "*", {}),
    ):
        reply = send(served, method, target, None, headers)
        assert (reply.status, reply.code) == (400, "UnknownOperationException")
    assert send(served, "HEAD", "/", None, {}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"{'a': 1}",
        b"[]",
        b"[1]",
        b"null",
        b"0",
        b'"text"',
        b"{} {}",
        b'{"MaxResults": "5"}',
        b'{"MaxResults": 5.5}',
        b'{"MaxResults": true}',
        b'{"MaxResults": NaN}',
        b'{"MaxResults": 1' + b"0" * 6000 + b"}",
        b'{"Filters": {}}',
        b'{"Filters": [[]]}',
        b"\xff\xfe{}",
        b'{"NextToken": "\xc3("}',
        "{}".encode("utf-16"),
        b"\x00",
        b"[" * 200_000,
        b'{"Filters":' * 50_000,
        gzip.compress(b"{}", mtime=0),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_not_what_it_should_be(served, body):
    reply = ask(served, body=body)
    assert (reply.status, reply.code) == (400, "SerializationException")
    assert b"Traceback" not in reply.raw


def test_half_a_character_is_no_text(served):
    body = b'{"ResourceType": "ManagedInstance", "ResourceId": "\\ud800", "Tags": [{"Key": "\\ud800", "Value": ""}]}'
    assert ask(served, "AddTagsToResource", body).status == 400


@pytest.mark.parametrize("body", [b"", b"{}", b" \n {} ", b'{"NoSuchMember": 1}', b'{"NextToken": null}'])
def test_bodies_that_say_nothing(served, body):
    assert ask(served, body=body).status == 200


@pytest.mark.parametrize("kind", ["application/x-amz-json-1.0", "application/json", f"{JSON_1_1}; charset=utf-8"])
def test_content_types_that_are_understood(served, kind):
    assert ask(served, kind=kind).status == 200


@pytest.mark.parametrize("kind", ["text/xml", "application/x-www-form-urlencoded", "", "application/cbor"])
def test_content_types_that_are_not(served, kind):
    reply = ask(served, kind=kind)
    assert (reply.status, reply.code) == (400, "UnknownOperationException")


def test_an_unsigned_request_is_refused(served):
    reply = send(served, "POST", "/", b"{}", {"X-Amz-Target": "AmazonSSM.ListCommands", "Content-Type": JSON_1_1})
    assert (reply.status, reply.code) == (400, "MissingAuthenticationTokenException")
    assert reply.text == "Missing Authentication Token"
    reply = send(served, "POST", "/get-group", b"{}", {})
    assert reply.status == 403
    assert reply.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert reply.body == {"message": "Missing Authentication Token"}


def test_a_body_that_was_changed_on_its_way_is_refused(served):
    request = raw_request(served).replace(b"\r\n\r\n{}", b"\r\n\r\n[]")
    with dialled(served) as connection:
        connection.sendall(request)
        assert b"InvalidSignatureException" in connection.recv(65536)


# resource groups: rest-json


def test_rest_json_takes_members_from_path_query_and_body(served):
    path = f"/resources/arn%3Aaws%3Aresource-groups%3Aeu-west-1%3A{served.account}%3Agroup%2Fno-such/tags"
    headers = signature(served, "GET", path, b"", {}, service="resource-groups")
    reply = send(served, "GET", path, None, headers)
    assert (reply.status, reply.headers["x-amzn-ErrorType"]) == (404, "NotFoundException")
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.body.keys() == {"Message"}
    headers = signature(served, "POST", "/groups-list?maxResults=51", b"", {}, service="resource-groups")
    reply = send(served, "POST", "/groups-list?maxResults=51", None, headers)
    assert (reply.status, reply.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    headers = signature(served, "POST", "/groups-list?maxResults=50", b"", {}, service="resource-groups")
    reply = send(served, "POST", "/groups-list?maxResults=50", None, headers)
    assert reply.status == 200
    assert reply.body["GroupIdentifiers"] == []


# connections


def test_one_connection_takes_many_requests_and_many_at_once(served):
    request = raw_request(served)
    with dialled(served) as connection:
        connection.sendall(request * 20)
        connection.sendall(raw_request(served, Connection="close"))
        heard = said(connection)
    assert heard.count(b"HTTP/1.1 200 OK") == 21
    assert len(set(re.findall(rb"x-amzn-RequestId: (\S+)", heard))) == 21


def test_a_request_that_comes_byte_by_byte(served):
    with dialled(served) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in raw_request(served, Connection="close"):
            connection.send(bytes([number]))
        assert said(connection).startswith(b"HTTP/1.1 200 OK")


def test_a_body_in_chunks(served):
    request = raw_request(
        served, b"", **{"Content-Length": None, "Transfer-Encoding": "chunked", "Connection": "close"}
    )
    with dialled(served) as connection:
        connection.sendall(request + b"0\r\n\r\n")
        assert said(connection).startswith(b"HTTP/1.1 200 OK")
    with dialled(served) as connection:
        connection.sendall(request + b"zz\r\n\r\n")
        heard = said(connection)
        assert b" 400 Bad Request\r\n" in heard and b"Traceback" not in heard
    with dialled(served) as connection:
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with contextlib.suppress(ConnectionError):  # it may close before everything is sent
            connection.sendall(request + chunk * (MAX_BODY // 0x10000 + 1))
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_waits_to_be_told_to_go_on(served):
    head, _, body = raw_request(served, Expect="100-continue", Connection="close").partition(b"\r\n\r\n")
    with dialled(served) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert said(connection).startswith(b"HTTP/1.1 200 OK")


def test_a_hundred_megabytes_are_refused_before_they_are_sent_and_never_held(served):
    before = psutil.Process(served.pid).memory_info().rss
    request = raw_request(served, b"", **{"Content-Length": str(100 * 1024 * 1024)})
    with dialled(served) as connection:
        connection.sendall(request)
        heard = connection.recv(65536)
        assert heard.startswith(b"HTTP/1.1 413 ") and b"RequestEntityTooLargeException" in heard
    reply = ask(served, body=b'{"NextToken": "' + b"x" * (100 * 1024 * 1024) + b'"}')
    assert (reply.status, reply.code) == (413, "RequestEntityTooLargeException")
    assert reply.headers["Connection"] == "close"
    assert psutil.Process(served.pid).memory_info().rss - before < 30 * 1024 * 1024
    assert ask(served, body=b'{"NextToken": "' + b"x" * (3 * 1024 * 1024) + b'"}').status < 413


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS hello
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_what_is_no_http_is_answered_with_400_and_harms_nobody(served, sent):
    with dialled(served) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        heard = said(connection)
        assert b" 400 Bad Request\r\n" in heard[:40] or not heard
        assert b"aiohttp" not in heard and b"Traceback" not in heard
    assert ask(served).status == 200


def test_clients_that_go_away_at_any_point_leave_nothing_behind(served):
    request = raw_request(served)
    process = psutil.Process(served.pid)
    before = process.num_fds()
    for end in range(0, len(request), 40):
        with dialled(served) as connection:
            connection.sendall(request[:end])
    with dialled(served) as connection:
        connection.sendall(request)  # and nobody reads the answer
    assert ask(served).status == 200
    for _ in range(200):
        if process.num_fds() <= before + 1:
            break
        ask(served)
    assert process.num_fds() <= before + 1
    assert "Traceback" not in (served.state / "engine.log").read_text()
