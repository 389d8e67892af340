"""Memory does not grow with the input, nor with a vendor that is slow."""

from __future__ import annotations

import io
import threading
import time
import tracemalloc

import psutil
from gym import SCHEMAS, encode, member, record, schema, state
from runs import signals_kept

from target_gleantap.target import TargetGleantap

MAPPING = {
    "stream": "members",
    "resource": "contact",
    # Most are filtered: what is read and settled counts here, not how fast a server is.
    "where": "ends_with(id, '49') || ends_with(id, '99')",
    "fields": {
        "user_id": "id",
        "first_name": "first_name",
        "last_name": "last_name",
        "email": "email",
    },
}


FILLED = 45_000_000
"""What a run has that only began to read, at least."""


def peak_while(process, thread):
    """The largest resident size until the target has read all that it is given."""
    peak = 0
    while thread.is_alive():
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.01)
    return peak


def size_at_rest(process):
    """Its resident size, once that stands still: all has been read that will be."""
    before, size = 0, process.memory_info().rss
    until = time.monotonic() + 20
    while size > 1.005 * before or size < FILLED:
        assert time.monotonic() < until, "it does not come to rest"
        time.sleep(0.7)
        before, size = size, process.memory_info().rss
    return size


def feed(run, data):
    thread = threading.Thread(target=run.write_raw, args=(data,), daemon=True)
    thread.start()
    return thread


def messages(first, last):
    return [
        message
        for number in range(first, last)
        for message in (member(number, note="x" * 1000), *([state(a=number)] * (number % 10 == 0)))
    ]


def test_ten_times_the_input_takes_no_more_memory(start):
    run = start(mappings=[MAPPING], max_in_flight=32)
    process = psutil.Process(run.pid)
    run.write([SCHEMAS[0]])
    peaks = []
    for first, last in ((0, 3_000), (3_000, 30_000)):
        data = encode(messages(first, last))
        peaks.append(peak_while(process, feed(run, data)))
        run.wait_for_states(1, timeout=20)
    ended = run.end()
    ended.assert_balanced()
    assert (ended.exit_code, ended.total("filtered")) == (0, 30_000 * 49 // 50)
    assert peaks[1] < 1.2 * peaks[0]


def test_a_vendor_that_is_slow_holds_the_tap_back_instead_of_filling_the_memory(sandbox, start):
    sandbox.faults = [{"fault": "latency", "seconds": 2}]
    run = start(max_in_flight=4, batch_size_rows=100, stop_deadline_seconds=0)
    process = psutil.Process(run.pid)
    run.write([*SCHEMAS])
    # Without states: what is read behind one that waits is bounded by itself.
    data = encode([each for each in messages(0, 30_000) if each["type"] == "RECORD"])
    thread = feed(run, data)
    early = size_at_rest(process)
    time.sleep(2)
    late = process.memory_info().rss
    assert thread.is_alive(), "all of the input was read while the vendor had taken next to none"
    assert late < 1.1 * early
    run.kill()
    thread.join()


STREAM_BYTES = 8_000
"""What a stream may hold: 5 kB, of which singer-sdk's sink takes half, and some room."""


def streams_of_twenty(first, last):
    """Each with a SCHEMA of 20 properties that no other stream has, and a record."""
    for number in range(first, last):
        names = ["id", *(f"field_{number}_{place}" for place in range(19))]
        yield schema(f"s{number}", dict.fromkeys(names, "string"))
        yield record(f"s{number}", **dict.fromkeys(names, str(number)))


def test_a_stream_takes_little_more_than_its_schema(settings):
    names = ("user_id", "first_name", "last_name")
    mapping = {"stream": "s*", "resource": "contact", "fields": dict.fromkeys(names, "id")}
    values = settings(mappings=[mapping], dry_run=True).values
    with signals_kept():
        target = TargetGleantap(config=values)
    target.process_lines(io.BytesIO(encode(streams_of_twenty(0, 50))))
    tracemalloc.start()
    try:
        target.process_lines(io.BytesIO(encode(streams_of_twenty(50, 450))))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert target.run.books.read == 450
    assert held / 400 < STREAM_BYTES
