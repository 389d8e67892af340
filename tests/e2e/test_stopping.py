"""However a run ends, the state on stdout is safe, and nothing unsent is acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from gym import MEMBERS, SCHEMAS, encode, member, schema, state
from runs import COMMAND, environment, run_as_process

HURRIED = {"batch_size_rows": 1, "batch_wait_seconds": 0}


def wait_until(true, timeout=10):
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def many(count):
    """Members with a state after each."""
    return [
        message
        for number in range(1, count + 1)
        for message in (member(number), state(bookmark=number))
    ]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_settles_what_is_in_flight_and_leaves_the_last_safe_state(
    signum, code, sandbox, start
):
    sandbox.faults = [{"fault": "latency", "seconds": 0.3}]
    run = start(**HURRIED, max_in_flight=4)
    run.write([*SCHEMAS, *many(200)])
    run.wait_for_states(4)
    run.send_signal(signum)
    ended = run.wait(timeout=5)
    ended.assert_balanced()
    assert ended.exit_code == code
    delivered = ended.total("delivered")
    assert delivered == len(sandbox.contacts)
    assert ended.states[-1] == {"bookmark": delivered}
    assert delivered < 50
    assert ended.total("not_attempted") == ended.total("read") - delivered
    assert f"Stopped by signal {int(signum)}" in ended.summary["ended_by"]
    assert "Traceback" not in ended.stderr


def test_a_signal_ends_a_run_whose_tap_is_silent(start):
    run = start(**HURRIED)
    run.write([*SCHEMAS, *many(1)])
    run.wait_for_states(1)
    run.send_signal(signal.SIGTERM)
    ended = run.wait(timeout=10)
    ended.assert_balanced()
    assert (ended.exit_code, ended.states) == (143, [{"bookmark": 1}])


def test_a_signal_before_the_first_message_ends_the_run(start):
    run = start()
    wait_until(lambda: "target-gleantap v" in run.stderr)
    time.sleep(0.2)
    run.send_signal(signal.SIGTERM)
    ended = run.wait(timeout=10)
    assert (ended.exit_code, ended.states) == (143, [])


def test_a_signal_ends_a_run_in_the_middle_of_a_batch_file_that_nobody_wants(
    sandbox, start, tmp_path
):
    file = tmp_path / "others.jsonl"
    file.write_bytes(b'{"id":1}\n' * 400_000)
    batch = {
        "type": "BATCH",
        "stream": "others",
        "encoding": {"format": "jsonl"},
        "manifest": [file.as_uri()],
    }
    sandbox.faults = [{"fault": "status", "status": 503, "times": 1}]
    run = start(**HURRIED, unmapped_streams="ignore")
    others = schema("others", {"id": "integer"})
    run.write([*SCHEMAS, others, *many(1), batch, state(bookmark=2)])
    run.wait_for_states(1)
    run.send_signal(signal.SIGTERM)
    ended = run.wait(timeout=5)
    ended.assert_balanced()
    assert (ended.exit_code, ended.states) == (143, [{"bookmark": 1}])


def test_what_hangs_is_given_up_at_the_stop_deadline_and_not_acknowledged(sandbox, start):
    sandbox.faults = [{"fault": "stall", "seconds": 60, "match": {"user_id": "m2"}}]
    run = start(**HURRIED, stop_deadline_seconds=1)
    run.write([*SCHEMAS, *many(3)])
    run.wait_for_states(1)
    wait_until(lambda: len(sandbox.requests) == 3)
    run.send_signal(signal.SIGTERM)
    ended = run.wait(timeout=5)
    ended.assert_balanced()
    assert (ended.exit_code, ended.states) == (143, [{"bookmark": 1}])
    assert (ended.total("not_attempted"), ended.total("in_doubt")) == (1, 1)
    assert "Unconfirmed: 1 record of those not attempted went out" in ended.stderr


def test_a_second_signal_ends_the_run_at_once(sandbox, start):
    sandbox.faults = [{"fault": "stall", "seconds": 60}]
    run = start(**HURRIED, stop_deadline_seconds=60)
    run.write([*SCHEMAS, *many(3)])
    wait_until(lambda: len(sandbox.requests) == 3)
    run.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    run.send_signal(signal.SIGTERM)
    began = time.monotonic()
    ended = run.wait(timeout=5)
    assert (ended.exit_code, ended.states) == (143, [])
    assert time.monotonic() - began < 1


def test_a_tap_that_dies_in_the_middle_of_a_line_leaves_the_state_at_what_was_settled(
    sandbox, run_command
):
    whole = encode([*SCHEMAS, *many(3), member(4), state(bookmark=4)])
    run = run_command([whole.rstrip(b"\n")[:-5]], **HURRIED)
    assert run.exit_code == 4
    assert run.states[-1] == {"bookmark": 3}
    assert (run.total("delivered"), len(sandbox.contacts)) == (4, 4)
    assert "Input line 10 is not JSON" in run.stderr
    assert "cut off" in run.stderr


def test_the_records_of_a_tap_that_goes_silent_do_not_sit(sandbox, start):
    run = start(batch_size_rows=500, batch_wait_seconds=1)
    run.write([*SCHEMAS, *many(3)])
    assert run.wait_for_states(2, timeout=5)[-1] == {"bookmark": 3}
    assert len(sandbox.contacts) == 3
    run.write(many(5)[6:])
    wait_until(lambda: run.states[-1] == {"bookmark": 5}, timeout=5)
    ended = run.end()
    ended.assert_balanced()
    assert (ended.exit_code, ended.states[-1]) == (0, {"bookmark": 5})


def test_half_a_line_waits_for_its_other_half(start):
    run = start(**HURRIED)
    data = encode([*SCHEMAS, *many(2)])
    run.write_raw(data[:-30])
    run.wait_for_states(1)
    run.write_raw(data[-30:])
    ended = run.end()
    assert (ended.exit_code, ended.states[-1]) == (0, {"bookmark": 2})


def test_a_closed_stdout_ends_the_run_and_says_so(settings):
    chosen = settings(**HURRIED)
    with subprocess.Popen(
        [*COMMAND, "--config", chosen.write()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as run:
        run.stdout.close()
        try:
            run.stdin.write(encode([*SCHEMAS, *many(5)]))
            run.stdin.close()
        except BrokenPipeError:
            pass
        stderr = run.stderr.read().decode()
        run.wait(timeout=10)
    ended = chosen.run(run.returncode, "", stderr, 0)
    ended.assert_balanced()
    assert ended.exit_code == 5
    assert "stdout is closed: nobody reads the states" in stderr
    assert "Traceback" not in stderr


BAD = member(2, joined="never")


@pytest.mark.parametrize(
    ("redirection", "exit_code", "said"),
    [
        ("<&-", 5, "stdin is closed"),
        (">&-", 5, "stdout is closed"),
        (">/dev/full", 5, "stdout cannot be written (No space left on device)"),
        ("2>&-", 0, ""),
        ("2>/dev/full", 0, ""),
        ("2> >(true)", 0, ""),
        ("2>&- >&-", 5, ""),
    ],
)
def test_a_standard_stream_that_is_closed_is_no_defect(
    redirection, exit_code, said, sandbox, settings, tmp_path
):
    chosen = settings()
    given = tmp_path / "messages.jsonl"
    given.write_bytes(encode([*SCHEMAS, member(1), state(a=1)]))
    command = f'exec "$@" --config {chosen.write()} < {given} {redirection}'
    ended = subprocess.run(
        ["bash", "-c", command, "bash", *COMMAND],
        capture_output=True,
        timeout=30,
        env=environment(),
        check=False,
    )
    assert ended.returncode == exit_code
    assert said in ended.stderr.decode()
    assert (b"Traceback" in ended.stderr, b"defect" in ended.stderr) == (False, False)
    delivered = 0 if "<" in redirection else 1
    assert len(sandbox.contacts) == delivered
    assert ended.stdout == (b'{"a": 1}\n' if delivered and exit_code == 0 else b"")


def test_a_full_disk_under_the_rejects_holds_the_state_and_says_so(settings):
    chosen = settings(**HURRIED, on_reject="quarantine")
    rejected = [
        message
        for number in range(2, 12)
        for message in (member(number, joined="never", note="x" * 1000), state(bookmark=number))
    ]
    ended = subprocess.run(
        # No file may grow past 8 blocks: to who writes it, that is a full disk.
        ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *COMMAND, "--config", chosen.write()],
        input=encode([*SCHEMAS, member(1), state(bookmark=1), *rejected]),
        capture_output=True,
        env=environment(),
        check=False,
        timeout=20,
    )
    run = chosen.run(ended.returncode, ended.stdout.decode(), ended.stderr.decode(), 0)
    run.assert_balanced()
    assert run.exit_code == 5
    assert "The rejects file" in run.stderr
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    assert 0 < len(run.rejects) < 10
    assert run.total("rejected") == len(run.rejects)
    assert run.states[-1]["bookmark"] == 1 + len(run.rejects)


@pytest.mark.parametrize("there", ["folder", "device"])
def test_a_rejects_path_that_is_no_file_is_left_alone(there, run_command, tmp_path):
    path = tmp_path / "there"
    if there == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    run = run_command([*SCHEMAS, BAD, state(bookmark=2)], rejects_path=str(path))
    assert (run.exit_code, run.states) == (5, [])
    assert "it is not a file" in run.stderr
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("there")] == ["there"]
    assert not path.is_file()


def test_a_rejects_path_that_cannot_be_written_holds_the_state_and_says_so(run_command, tmp_path):
    (tmp_path / "file").write_text("")
    run = run_command(
        [*SCHEMAS, member(1), state(bookmark=1), BAD, state(bookmark=2)],
        rejects_path=str(tmp_path / "file" / "rejects.jsonl"),
        on_reject="quarantine",
        **HURRIED,
    )
    assert (run.exit_code, run.states) == (5, [{"bookmark": 1}])
    assert "cannot be written" in run.stderr
    assert (run.total("not_attempted"), run.total("rejected")) == (1, 0)


def test_a_summary_path_that_cannot_be_written_says_so_and_keeps_the_state(settings):
    chosen = settings(summary_path="/dev/full")
    run = run_as_process(chosen, [*SCHEMAS, *many(2)])
    assert (run.exit_code, run.states[-1]) == (5, {"bookmark": 2})
    assert "summary_path" in run.stderr
    assert "Balanced" in run.stderr


def test_nothing_to_read_is_a_run_too(run_command):
    run = run_command([])
    assert (run.exit_code, run.stdout, run.summary["books"]) == (0, "", [])
    run = run_command([MEMBERS, state(bookmark=0)])
    assert (run.exit_code, run.states) == (0, [{"bookmark": 0}])


def test_the_input_may_be_a_file(settings, tmp_path):
    path = tmp_path / "messages.jsonl"
    path.write_bytes(encode([*SCHEMAS, *many(2)]))
    chosen = settings()
    arguments = ["--config", str(chosen.write()), "--input", str(path)]
    run = run_as_process(chosen, [], arguments=arguments)
    run.assert_balanced()
    assert (run.exit_code, run.states[-1]) == (0, {"bookmark": 2})
