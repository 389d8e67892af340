"""Whatever the vendor answers, each record and the run end as docs/failures.md says."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from failures import CASES, DELIVERED, GOES_ON, HELD, MEND, REJECTED, REJECTS, RETRIED, UNTOUCHED
from gym import SCHEMAS, check_in, member, record, schema, state

from target_gleantap.cli import UNEXPECTED
from target_gleantap.contract import Verdict
from target_gleantap.destinations.gleantap import DESTINATION
from target_gleantap.errors import Stopped, TargetError
from target_gleantap.sandbox.server import Sandbox

DOCUMENT = Path(__file__).parents[2] / "docs" / "failures.md"
THREE = [
    *SCHEMAS,
    member(1),
    state(bookmark=1),
    member(2),
    state(bookmark=2),
    member(3),
    state(bookmark=3),
]


@pytest.fixture
def elsewhere():
    """Another server, which nothing must ever reach."""
    with Sandbox(record=True) as other:
        yield other
        assert other.requests == []


def user_ids(sandbox):
    return sorted(contact["fields"]["user_id"] for contact in sandbox.contacts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.answer)
def test_the_table_says_what_becomes_of_the_record_and_the_run(
    case, sandbox, elsewhere, run_target
):
    sandbox.faults = json.loads(json.dumps(case.rules).replace("{elsewhere}", elsewhere.url))
    run = run_target(THREE, batch_size_rows=1, **case.settings)
    assert run.exit_code == case.exit_code
    assert all(words in run.stderr for words in case.said), run.stderr
    sent = sum("user_id:m2" in request["identifiers"] for request in sandbox.requests)
    assert (sent > 1) == case.resent
    if case.record in (DELIVERED, RETRIED, HELD):
        assert (run.total("delivered"), run.rejects) == (3, [])
        assert run.states[-1] == {"bookmark": 3}
        assert user_ids(sandbox) == ["m1", "m2", "m3"]
    if case.record == REJECTED:
        assert (run.total("delivered"), run.total("rejected")) == (2, 1)
        assert [message["record"]["id"] for message in run.rejects] == ["m2"]
        assert run.states == [{"bookmark": 1}]
        assert user_ids(sandbox) == ["m1", "m3"]
    if case.record == UNTOUCHED:
        assert (run.rejects, run.total("rejected")) == ([], 0)
        assert run.books["members:contact"]["not_attempted"] >= 1
        assert run.states in ([], [{"bookmark": 1}])
        assert run.summary["ended_by"] in run.stderr


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.run == REJECTS], ids=lambda case: case.answer
)
def test_a_reject_holds_the_vendors_words_and_with_quarantine_the_state_goes_on(
    case, sandbox, run_target
):
    sandbox.faults = case.rules
    run = run_target(THREE, on_reject="quarantine")
    assert (run.exit_code, run.states[-1]) == (0, {"bookmark": 3})
    (reject,) = (message["reject"] for message in run.rejects)
    assert (reject["reason"], reject["mapping"]) == ("vendor", "members:contact")
    said = {
        200: ("could not be saved", '"ok":true'),
        400: ("last_name is too long", "bad date"),
        422: ("Something went wrong",),
    }
    assert any(words in reject["answer"]["text"] for words in said[reject["answer"]["status"]])
    assert not any(words in run.stderr for each in said.values() for words in each)


def test_max_rejects_fails_a_run_that_rejects_more(sandbox, run_target):
    sandbox.faults = [{"fault": "status", "status": 400}]
    # One at a time, so that they are rejected in the order in which they were read.
    one_by_one = {"max_in_flight": 1, "batch_size_rows": 1}
    run = run_target(THREE, on_reject="quarantine", max_rejects=1, **one_by_one)
    assert (run.exit_code, run.total("rejected")) == (1, 3)
    assert run.states == [{"bookmark": 1}]
    assert "max_rejects is 1" in run.stderr


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_stop_the_run_on_the_first_request(status, sandbox, run_target):
    sandbox.faults = [{"fault": "status", "status": status}]
    run = run_target([*SCHEMAS, *(member(number) for number in range(500)), state(bookmark=500)])
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert run.seconds < 2
    assert "check the settings api_key, secret_key, app_id" in run.stderr
    assert run.total("delivered") == 0
    assert len(sandbox.requests) <= 32


def test_keys_that_are_really_wrong_say_which_settings_to_check(run_target):
    wrong = {"secret_key": "another"}
    run = run_target(THREE, **wrong)
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert "api_key, secret_key, app_id" in run.stderr
    assert "another" not in run.stderr


OPTIN = {
    "stream": "wishes",
    "resource": "sms_optin",
    "fields": {"phone": "phone", "email": "email", "user_id": "id"},
}
WISHES = [schema("wishes", {"id": "string", "phone": "string", "email": "string"})]
WISH = record("wishes", id="1", phone="+15555550100", email="ada@example.com")


@pytest.mark.parametrize("kind", ["reset_after", "half_body", "html"])
@pytest.mark.parametrize(
    ("on_ambiguous", "times", "exit_code"), [("reject", 1, 1), ("retry", 2, 0)]
)
def test_what_cannot_be_sent_twice_is_kept_for_review_unless_told_otherwise(
    kind, on_ambiguous, times, exit_code, sandbox, run_target
):
    sandbox.faults = [{"fault": kind, "times": 1}]
    run = run_target(
        [*WISHES, WISH, state(bookmark=1)], mappings=[OPTIN], on_ambiguous=on_ambiguous
    )
    assert (run.exit_code, len(sandbox.requests)) == (exit_code, times)
    assert [message["reject"]["reason"] for message in run.rejects] == ["ambiguous"][:exit_code]


def test_a_reset_before_or_after_makes_no_event_of_another_body(sandbox, run_target):
    sandbox.faults = [
        {"fault": "reset_after", "every": 7},
        {"fault": "reset_before", "every": 11},
        {"fault": "half_body", "every": 13},
    ]
    events = [check_in(number, number % 20) for number in range(60)]
    run = run_target([*SCHEMAS, *events, state(bookmark=60)])
    assert run.exit_code == 0, run.stderr
    assert run.states[-1] == {"bookmark": 60}
    assert {event["id"] for event in sandbox.events} == {f"c{number}" for number in range(60)}
    assert sandbox.stats["event_duplicates"] > 0
    assert sandbox.stats["event_conflicts"] == 0


# --- no vendor at all


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def test_a_refused_connection_is_borne_for_a_second_and_names_base_url(run_target):
    run = run_target(THREE, base_url=f"http://127.0.0.1:{free_port()}")
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert run.seconds < 4
    assert "no connection can be made" in run.stderr
    assert "base_url" in run.stderr


def test_a_vendor_that_goes_down_is_borne_until_the_deadline(sandbox, start):
    run = start(batch_size_rows=1, batch_wait_seconds=0, retry_deadline_seconds=4)
    run.write([*SCHEMAS, member(1), state(bookmark=1)])
    run.wait_for_states(1)
    sandbox.stop()
    run.write([member(2), state(bookmark=2)])
    ended = run.wait()
    assert (ended.exit_code, ended.states, ended.rejects) == (3, [{"bookmark": 1}], [])
    assert "after 4 s of retries" in ended.stderr
    ended.assert_balanced()


def test_a_vendor_that_comes_back_gets_everything(sandbox, start):
    run = start(batch_size_rows=1, batch_wait_seconds=0)
    run.write([*SCHEMAS, member(1), state(bookmark=1)])
    run.wait_for_states(1)
    sandbox.stop()
    run.write([member(2), state(bookmark=2)])
    timer = threading.Timer(1, sandbox.start)
    timer.start()
    ended = run.end()
    timer.join()
    assert (ended.exit_code, ended.states) == (0, [{"bookmark": 1}, {"bookmark": 2}])
    assert user_ids(sandbox) == ["m1", "m2"]
    ended.assert_balanced()


def test_a_host_name_that_does_not_resolve_stops_the_run_at_once(run_target):
    run = run_target(THREE, base_url="https://api.example.invalid")
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert "name does not resolve" in run.stderr
    assert "base_url" in run.stderr


@pytest.fixture
def self_signed(tmp_path):
    """An https server whose certificate nobody has signed; what it is sent in clear."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the certificate is made with the openssl command, which is not here")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", key, "-out", certificate]
    subprocess.run([openssl, "req", *made, *subject, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    received = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, context, received), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert b"".join(received) == b""


def serve(listener, context, received):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        try:
            with client, context.wrap_socket(client, server_side=True) as trusted:
                received.append(trusted.recv(1))
        except OSError:
            pass


def test_an_untrusted_certificate_stops_the_run_at_once_and_no_key_is_sent(self_signed, run_target):
    run = run_target(THREE, base_url=self_signed)
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert run.seconds < 2
    assert "no trusted TLS connection" in run.stderr
    assert "REQUESTS_CA_BUNDLE" in run.stderr


def test_plain_http_where_https_is_expected_stops_the_run_at_once(sandbox, run_target):
    run = run_target(THREE, base_url=sandbox.url.replace("http://", "https://"))
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert "no trusted TLS connection" in run.stderr


@pytest.mark.parametrize("proxy", ["::::", "http://:::", "nonsense://127.0.0.1:9"])
def test_a_proxy_that_is_no_address_is_told_soon_and_as_such(proxy, sandbox, run_command):
    """It was tried until the deadline, as if the vendor were down."""
    run = run_command(
        THREE,
        env={"https_proxy": proxy, "no_proxy": ""},
        base_url=sandbox.url.replace("http://", "https://"),
        retry_deadline_seconds=60,
    )
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert sum(row["in_doubt"] for row in run.summary["books"]) == 0
    assert run.seconds < 10
    assert "HTTPS_PROXY" in run.stderr
    assert sandbox.requests == []


def test_keys_in_clear_stay_on_this_machine_whatever_proxy_is_set(elsewhere, run_command):
    """`http_proxy` is set on many machines, and `no_proxy` on few: the keys went to the proxy."""
    proxies = dict.fromkeys(("http_proxy", "all_proxy"), elsewhere.url)
    run = run_command(THREE, env={**proxies, "no_proxy": ""})
    assert (run.exit_code, run.states[-1]) == (0, {"bookmark": 3})


def test_certificates_that_are_not_there_stop_the_run_at_once(sandbox, run_command):
    run = run_command(
        THREE,
        env={"REQUESTS_CA_BUNDLE": "/nowhere/bundle.pem"},
        base_url=sandbox.url.replace("http://", "https://"),
        retry_deadline_seconds=60,
    )
    assert (run.exit_code, run.states, run.rejects) == (3, [], [])
    assert run.seconds < 10
    assert "REQUESTS_CA_BUNDLE" in run.stderr


def test_a_vendor_that_is_too_slow_is_told_with_the_setting_to_raise(sandbox, run_target):
    sandbox.faults = [{"fault": "stall", "seconds": 5}]
    run = run_target(
        [*SCHEMAS, member(1)],
        request_timeout_seconds=1,
        retry_deadline_seconds=1,
        stop_deadline_seconds=1,
    )
    assert (run.exit_code, run.states) == (3, [])
    assert "raise request_timeout_seconds" in run.stderr


DEEP = "[" * 100_000


@pytest.mark.parametrize(("status", "exit_code"), [(200, 0), (400, 1)])
def test_an_answer_nested_without_end_is_like_one_that_is_no_json(
    status, exit_code, sandbox, run_target
):
    sandbox.faults = [{"fault": "status", "status": status, "body": DEEP, "first": 1}]
    run = run_target([*SCHEMAS, member(1), state(bookmark=1)])
    assert run.exit_code == exit_code
    assert run.total("rejected") == exit_code


# --- the document


TABLE = DOCUMENT.read_text("utf-8").split("| the vendor answers |")[1].split("\n\n")[0]


def test_every_answer_stands_in_the_document_as_it_is_tested():
    assert TABLE.splitlines()[2:] == [case.row for case in CASES]


ENDS = {Verdict.REJECTED: 1, Verdict.STOP: 3}


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [
        (status, ENDS[verdict])
        for status, (verdict, _) in DESTINATION.statuses.items()
        if verdict in ENDS
    ],
)
def test_every_status_of_the_contract_ends_as_its_verdict_says(
    status, exit_code, sandbox, run_target
):
    assert str(status) in TABLE
    sandbox.faults = [{"fault": "status", "status": status}]
    run = run_target([*SCHEMAS, member(1), state(bookmark=1)])
    assert (run.exit_code, run.states) == (exit_code, [])
    assert f"HTTP {status}" in run.stderr


CODES = DOCUMENT.read_text("utf-8").split("| exit code |")[1].split("\n\n")[0]


@pytest.mark.parametrize("error", [*TargetError.__subclasses__(), None])
def test_every_exit_code_stands_in_the_document(error):
    if error is Stopped:
        codes = [f"{Stopped(signum).exit_code}" for signum in (2, 15)]
    else:
        codes = [str(error.exit_code if error else 0)]
    rows = CODES.splitlines()[2:]
    for code in codes:
        assert sum(row.startswith(f"| {code} |") for row in rows) == 1
    assert any(row.startswith(f"| {UNEXPECTED} |") for row in rows)


def test_each_way_to_end_has_a_case():
    assert {case.run for case in CASES} >= {GOES_ON, REJECTS}
    assert all(case.remedy == MEND for case in CASES if case.run == REJECTS)
