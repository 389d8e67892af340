"""The sandbox over the wire: each fault as a client meets it, and the command around it."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime

import pytest
import requests

from target_gleantap.sandbox.server import Sandbox

CONTACT = "/v2/ExternalApi/newContact"
ADA = {"app_id": "sandbox-app", "user_id": "1", "first_name": "Ada", "last_name": "Example"}
TOKEN = "open sesame; says=Ada"  # noqa: S105 - of a server that lives for a test
COMMAND = "from target_gleantap.sandbox.cli import sandbox; sandbox()"


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def session():
    with requests.Session() as session:
        session.headers.update({"X-API-KEY": "sandbox-key", "X-SECRET-KEY": "sandbox-secret"})
        yield session


@pytest.fixture
def post(sandbox, session):
    def post(*, timeout=5, stream=False, **fields):
        body = {**ADA, **fields}
        return session.post(
            sandbox.url + CONTACT,
            json=body,
            timeout=timeout,
            stream=stream,
            allow_redirects=False,
        )

    return post


def test_it_keeps_what_arrives_and_logs_it(sandbox, post):
    answer = post()
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert sandbox.contacts[0]["_id"] == answer.json()["_id"]
    (entry,) = sandbox.requests
    assert (entry["sequence"], entry["status"], entry["carried_out"]) == (1, 200, True)
    assert (entry["resource"], entry["identifiers"]) == ("contact", ("user_id:1",))
    assert entry["answered"] >= entry["arrived"]
    assert (entry["fault"], entry["headers"], entry["body"]) == (0, None, None)


def test_a_reset_before_leaves_nothing_carried_out(sandbox, post):
    sandbox.faults = [{"fault": "reset_before", "first": 1}]
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        post()
    assert sandbox.contacts == []
    assert post().status_code == 200
    assert [entry["status"] for entry in sandbox.requests] == [None, 200]


def test_a_reset_after_was_carried_out(sandbox, post):
    sandbox.faults = [{"fault": "reset_after"}]
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        post()
    assert len(sandbox.contacts) == 1
    (entry,) = sandbox.requests
    assert (entry["fault"], entry["kind"], entry["carried_out"]) == (1, "reset_after", True)


def test_half_a_body_comes_with_its_full_length(sandbox, post):
    sandbox.faults = [{"fault": "half_body"}]
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        post()
    assert len(sandbox.contacts) == 1


@pytest.mark.parametrize("kind", ["stall", "stall_body", "slow_headers"])
def test_a_stall_outlasts_a_client_that_waits_less(sandbox, post, kind):
    sandbox.faults = [{"fault": kind, "seconds": 30, "first": 1}]
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        post(timeout=0.2)
    assert post().status_code == 200
    first, second = sandbox.requests
    assert (first["abandoned"], second["abandoned"]) == (True, False)
    assert sandbox.stats["overlaps"] == 0


@pytest.mark.parametrize("kind", ["stall", "stall_body", "slow_headers", "drip", "latency"])
def test_a_slow_answer_comes_whole_in_the_end(sandbox, post, kind):
    sandbox.faults = [{"fault": kind, "seconds": [0.2, 0.3]}]
    start = time.monotonic()
    assert post().json()["status"] == "success"
    assert time.monotonic() - start >= 0.18


@pytest.mark.parametrize(
    ("rule", "status", "text"),
    [
        ({"fault": "status"}, 500, '{"status":"error","message":"Something went wrong"}'),
        ({"fault": "status", "status": 400, "body": "no"}, 400, "no"),
        ({"fault": "status", "status": 422, "body": {"a": 1}}, 422, '{"a":1}'),
        ({"fault": "failure_in_200", "message": "no"}, 200, '{"status":"error","message":"no"}'),
        ({"fault": "empty"}, 200, ""),
        ({"fault": "redirect", "location": "http://127.0.0.1/", "status": 307}, 307, ""),
    ],
)
def test_answers_that_are_made_up(sandbox, post, rule, status, text):
    sandbox.faults = [rule]
    answer = post()
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers.get("Location") == rule.get("location")


def test_html_says_that_it_is_html(sandbox, post):
    sandbox.faults = [{"fault": "html"}]
    assert post().headers["Content-Type"] == "text/html; charset=utf-8"


def test_retry_after_comes_in_seconds_as_a_date_or_not(sandbox, post):
    sandbox.faults = [
        {"fault": "throttle", "retry_after": 2, "times": 1},
        {"fault": "throttle", "retry_after": 2, "form": "date", "times": 1},
        {"fault": "throttle"},
    ]
    seconds, date, absent = (post() for _ in range(3))
    assert seconds.headers["Retry-After"] == "2"
    said = parsedate_to_datetime(date.headers["Retry-After"]).timestamp()
    assert 1 <= said - time.time() <= 3
    assert (absent.status_code, absent.headers.get("Retry-After")) == (429, None)


@pytest.mark.parametrize("kind", ["gzip", "chunked"])
def test_an_answer_in_an_odd_form_is_whole(sandbox, post, kind):
    sandbox.faults = [{"fault": kind}]
    answers = [post() for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["success", "success"]
    assert answers[0].headers.get("Content-Encoding", "chunked") == kind
    assert [entry["connection"] for entry in sandbox.requests] == [1, 1]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"fault": "wrong_length"}, "IncompleteRead"),
        ({"fault": "wrong_length", "form": "less"}, "Expecting|Unterminated"),
        ({"fault": "gzip", "form": "broken"}, "Expecting|decode|Unterminated"),
        ({"fault": "chunked", "form": "broken"}, "InvalidChunkLength"),
        ({"fault": "huge_headers"}, "got more than 65536 bytes"),
        ({"fault": "huge_headers", "form": "many"}, "got more than 100 headers"),
    ],
)
def test_a_broken_answer_is_none_and_the_request_was_carried_out(sandbox, post, rule, said):
    sandbox.faults = [{**rule, "times": 1}]
    with pytest.raises(requests.RequestException, match=said):
        post().json()
    assert post().status_code == 200
    assert [entry["carried_out"] for entry in sandbox.requests] == [True, True]


def test_an_endless_answer_ends_with_the_clients_patience(sandbox, post):
    sandbox.faults = [{"fault": "endless", "seconds": 30}]
    with post(stream=True) as answer:
        assert sum(len(answer.raw.read(65_536)) for _ in range(50)) == 50 * 65_536
    assert len(sandbox.contacts) == 1


def test_a_bomb_is_small_on_the_wire_and_a_gigabyte_when_it_is_unpacked(sandbox, post):
    sandbox.faults = [{"fault": "gzip", "form": "bomb"}]
    with post(stream=True) as answer:
        assert int(answer.headers["Content-Length"]) < 2_000_000
        assert sum(len(answer.raw.read(65_536, True)) for _ in range(100)) == 100 * 65_536


def test_close_idle_gives_the_answer_and_then_closes_without_notice(sandbox, post):
    sandbox.faults = [{"fault": "close_idle"}]
    assert post().headers.get("Connection") is None
    time.sleep(0.05)  # sooner, the close may cross the next request: that is the fault's point
    assert post().status_code == 200
    assert [entry["connection"] for entry in sandbox.requests] == [1, 2]


def test_a_quota_answers_429_beyond_it(sandbox, post):
    sandbox.quotas = ["3/1m"]
    answers = [post() for _ in range(5)]
    assert [answer.status_code for answer in answers].count(429) >= 1
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert sandbox.stats["by_fault"]["quota"] == sandbox.stats["by_status"]["429"]


def test_requests_side_by_side_are_seen_to_overlap():
    with Sandbox(latency=0.3) as sandbox, ThreadPoolExecutor(3) as pool:

        def send(fields):
            keys = {"X-API-KEY": "sandbox-key", "X-SECRET-KEY": "sandbox-secret"}
            return requests.post(
                sandbox.url + CONTACT, json={**ADA, **fields}, headers=keys, timeout=5
            )

        list(
            pool.map(
                send,
                (
                    {"email": "ada@example.com"},
                    {"user_id": "2", "email": "ADA@example.com"},
                    {"user_id": "3"},
                ),
            )
        )
        stats = sandbox.stats
        assert (stats["overlaps"], stats["max_in_progress"]) == (1, 3)
        assert sum(bool(entry["overlaps"]) for entry in sandbox.requests) == 2


def test_requests_sent_ahead_on_one_connection_are_answered_in_order(sandbox):
    sandbox.faults = [{"fault": "latency", "seconds": 0.1, "match": {"user_id": "1"}}]
    bodies = [json.dumps({**ADA, "user_id": name}).encode() for name in ("1", "2")]
    heads = (
        f"POST {CONTACT} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: sandbox-key\r\n"
        f"X-SECRET-KEY: sandbox-secret\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n"
        for body, connection in zip(bodies, ("keep-alive", "close"), strict=True)
    )
    sent = b"".join(head.encode() + body for head, body in zip(heads, bodies, strict=True))
    with socket.create_connection(("127.0.0.1", sandbox.port)) as client:
        client.sendall(sent)
        with client.makefile("rb") as answers:
            assert answers.read().count(b"HTTP/1.1 200 OK") == 2
    assert [entry["identifiers"] for entry in sandbox.requests] == [("user_id:1",), ("user_id:2",)]


def test_what_is_no_http_is_answered_and_closed(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port)) as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")


def test_the_control_endpoints_say_what_the_attributes_say(sandbox, session, post):
    post()
    control = sandbox.url + "/_sandbox/"
    assert session.get(control + "contacts").json() == sandbox.contacts
    assert session.get(control + "events").json() == []
    assert len(session.get(control + "requests?since=0").json()) == 1
    assert session.get(control + "requests?since=1").json() == []
    assert session.get(control + "stats").json()["requests"] == 1
    assert session.post(control + "faults", json=[{"fault": "html"}]).status_code == 200
    assert session.get(control + "faults").json()["faults"][0]["applied"] == 0
    assert session.post(control + "faults", json=[{"fault": "flood"}]).status_code == 400
    assert session.delete(control + "faults").json() == {"faults": []}
    assert session.post(control + "quota", json=["1/1m"]).json() == {"quotas": ["1/1m"]}
    assert session.post(control + "quota", json=["much"]).status_code == 400
    assert session.post(control + "reset").status_code == 200
    assert session.get(control + "nothing").status_code == 404
    assert sandbox.contacts == []


def test_the_page_shows_what_is_held_and_escapes_it(sandbox, session, post):
    post(city="<script>")
    assert "Ada" in session.get(sandbox.url + "/").text
    page = session.get(f"{sandbox.url}/_inbox/contacts/{sandbox.contacts[0]['_id']}").text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_other_sites_may_not_look(sandbox, session):
    for headers in ({"Host": "rebound.example.com"}, {"Origin": "https://example.com"}):
        for path in ("/", "/_sandbox/contacts"):
            assert session.get(sandbox.url + path, headers=headers).status_code == 403


def test_with_a_token_the_inbox_opens_by_its_printed_address_alone(session):
    with Sandbox(token=TOKEN) as sandbox:
        control = sandbox.url + "/_sandbox/stats"
        assert requests.get(sandbox.url, timeout=5).status_code == 401
        assert requests.get(control, timeout=5).status_code == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert requests.get(control, headers=bearer, timeout=5).json()["requests"] == 0
        assert "Gleantap" in session.get(sandbox.inbox, timeout=5).text
        assert session.get(control, timeout=5).status_code == 200
        assert session.post(sandbox.url + CONTACT, json=ADA, timeout=5).status_code == 200


def test_a_page_is_told_of_changes_and_costs_nothing_when_it_is_gone(sandbox, post):
    with (
        requests.get(sandbox.url + "/_inbox/feed", stream=True, timeout=5) as feed,
        closing(feed.iter_lines(chunk_size=1)) as lines,
    ):
        assert feed.headers["Content-Type"] == "text/event-stream"
        told = (line for line in lines if line.startswith(b"data: "))
        before = next(told)
        post()
        assert next(told) != before
    deadline = time.monotonic() + 5
    while sandbox._router._hub._watch is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sandbox._router._hub._watch is None


def test_recording_keeps_headers_and_bodies_and_masks_the_keys(session):
    with Sandbox(record=True) as sandbox:
        session.post(sandbox.url + CONTACT, json=ADA, timeout=5)
        (entry,) = sandbox.requests
        assert json.loads(entry["body"]) == ADA
        assert entry["headers"]["x-api-key"] == "***"
        assert entry["headers"]["content-type"] == "application/json"


def test_it_comes_back_on_its_port_with_what_it_held_and_leaves_no_thread(session):
    before = threading.active_count()
    with Sandbox() as sandbox:
        session.post(sandbox.url + CONTACT, json=ADA, timeout=5)
        port = sandbox.port
    assert threading.active_count() == before
    with pytest.raises(requests.ConnectionError):
        session.post(sandbox.url + CONTACT, json=ADA, timeout=5)
    with sandbox:
        assert (sandbox.port, len(sandbox.contacts)) == (port, 1)


def test_a_taken_port_is_said_so(sandbox):
    with pytest.raises(OSError, match="in use"):
        Sandbox(sandbox.port).start()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_ends_cleanly(tmp_path, signum):
    rules = tmp_path / "faults.json"
    rules.write_text('[{"fault": "status", "status": 503}]')
    arguments = ["--port", "0", "--faults", rules, "--quota", "100/1s", "--api-key", "mine"]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "dev", "-c", COMMAND, *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        url = served.stderr.readline().split("listens on ")[1].split()[0]
        keys = {"X-API-KEY": "mine", "X-SECRET-KEY": "sandbox-secret"}
        assert requests.post(url + CONTACT, json=ADA, headers=keys, timeout=5).status_code == 503
        served.send_signal(signum)
        out, err = served.stdout.read(), served.stderr.read()
    assert (served.returncode, out) == (0, "")
    assert "api_key: mine" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quota", "much"], "not a quota"),
        (["--latency", "slow"], "--latency must be seconds"),
        (["--listen", "192.0.2.1"], "set a secret with --token"),
        (["--destination", "nobody"], "must be one of: gleantap"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_options(arguments, said):
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert said in ended.stderr


def test_without_the_extra_the_command_says_how_to_install_it():
    missing = f"import sys; sys.modules['httptools'] = None; {COMMAND}"
    ended = subprocess.run(
        [sys.executable, "-c", missing], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "pip install 'target-gleantap[sandbox]'" in ended.stderr


def test_importing_the_command_imports_no_server():
    check = (
        "import sys, target_gleantap.sandbox.cli; "
        "sys.exit(bool({'httptools', 'asyncio', 'jsonschema_rs'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
