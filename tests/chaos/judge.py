"""The judge: what went in, what the vendor carried out and what the run left, by the promises.

The promises are those of README.md, numbered as there; each is checked as far as anybody can who
stands outside. A breach says what was promised and what is seen instead, by record numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from evidence import Evidence
from taps import PRIVATE

PROMISES: Mapping[int, str] = {
    1: "nothing is lost, and no state is ahead of what is settled",
    2: "every record ends in one of four ways",
    3: "the books balance",
    4: "order per contact",
    5: "no body breaks the contract",
    6: "no record is blamed for what is not its own",
    7: "nothing private leaks",
    8: "memory is bounded",
    9: "stdout carries states only",
    10: "nothing is sent that nobody asked for",
}
WAYS = ("delivered", "unchanged", "filtered", "rejected", "not_attempted")
SETTLED = WAYS[:4]
HARMLESS = ("", "latency")
OF_THE_SYSTEM = {401, 402, 403, 404, 405, 406, 407, 408, 410, 415, 421, 425, 426, 429, 431}
CONSENT = re.compile(r"opt_?in|opt_?out|consent|subscri", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """Which promises could be checked, and which do not hold."""

    checked: tuple[int, ...]
    breaches: tuple[str, ...]


def judge(evidence: Evidence) -> Verdict:
    """Hold all that is seen against all that is promised."""
    breaches = [
        f"promise {number} ({PROMISES[number]}), run {place}: {words}"
        for place in range(len(evidence.runs))
        for number, check in CHECKS.items()
        for words in check(evidence, place)
    ]
    breaches += [
        f"promise {number} ({PROMISES[number]}): {words}" for number, words in _at_the_end(evidence)
    ]
    first = evidence.runs[0]
    unseen = {8: first.peak_mb is None, 3: first.summary is None, 2: first.summary is None}
    return Verdict(tuple(number for number in PROMISES if not unseen.get(number)), tuple(breaches))


def _nothing_is_lost(evidence: Evidence, place: int) -> Iterator[str]:
    """Each state that left: is every record before it settled, and was it by then?"""
    run = evidence.runs[place]
    settled = _executed_before(evidence, place) | run.rejected_numbers
    arrived: dict[int, float] = {}
    for call in run.calls:
        for number in call.records if call.carried_out else ():
            arrived.setdefault(number, call.arrived)
    left = {line.text.rstrip(b"\n"): line for line in run.stdout if line.text.endswith(b"\n")}
    missing: list[int] = []
    latest, newest = 0.0, 0
    for item in run.given.items:
        if item.number and not item.left_out and item.number not in settled:
            if item.number not in arrived:
                missing.append(item.number)
            elif arrived[item.number] > latest:
                latest, newest = arrived[item.number], item.number
        line = left.get(item.state) if item.state else None
        if line is None:
            continue
        late = [newest] if line.at is not None and latest > line.at else []
        if missing or late:
            yield f"the state {line.text!r} left ahead of records {_few(missing + late)}"
            return


def _ended_one_way(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    if run.summary is None:
        return
    rejected, delivered = run.total("rejected"), run.total("delivered")
    if rejected != len(run.rejected):
        yield f"{rejected} are booked as rejected, {len(run.rejected)} stand in the rejects file"
    if delivered > len(run.executed):
        yield f"{delivered} are booked as delivered, the vendor took {len(run.executed)}"
    known = _executed_before(evidence, place)
    if run.total("unchanged") > len(known):
        yield f"{run.total('unchanged')} are booked as unchanged, {len(known)} had been delivered"
    left_out = sum(item.left_out for item in run.given.records)
    if run.total("filtered") > left_out:
        yield f"{run.total('filtered')} are booked as filtered, `where` leaves {left_out} out"
    settled = sum(run.total(way) for way in SETTLED)
    if run.exit_code == 0 and settled != len(run.given.records):
        yield f"{settled} are settled of {len(run.given.records)} that were given"


def _books_balance(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    if run.summary is None:
        if not run.killed and run.exit_code == 0:
            yield "no summary was written"
        return
    for row in run.summary["books"]:
        if row["read"] != sum(row[way] for way in WAYS):
            yield f"the books of {row['mapping']} do not balance"
    if not run.summary["balanced"]:
        yield "the run itself says that its books do not balance"
    if run.exit_code == 0 and run.total("not_attempted"):
        yield f"exit code 0, and {run.total('not_attempted')} records were not attempted"


def _in_order(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    whose = {item.number: item.contact for item in run.given.records}
    newest: dict[int, int] = {}
    for call in run.calls:
        for number in call.records:
            contact = whose.get(number, -1)
            if contact >= 0 and number < newest.get(contact, 0):
                yield f"record {number} went out after {newest[contact]} of the same contact"
            newest[contact] = max(number, newest.get(contact, 0))


def _bodies_fit(evidence: Evidence, place: int) -> Iterator[str]:
    if evidence.refusals:
        return
    for call in evidence.runs[place].calls:
        if call.kind in HARMLESS and call.status is not None and call.status >= 400:
            yield f"request {call.number} was refused with {call.status}: {call.resource}"


def _nobody_is_blamed(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    for message in run.rejected:
        reject = message["reject"]
        status = reject.get("answer", {}).get("status", 0)
        system = status in OF_THE_SYSTEM or status >= 500 or 300 <= status < 400
        if reject["reason"] == "vendor" and system:
            yield f"a record was rejected for HTTP {status}"
    if run.exit_code == 0 and any(call.status in (401, 403) for call in run.calls):
        yield "exit code 0, and the vendor had refused the keys"


def _nothing_leaks(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    told = {
        "stdout": b"".join(line.text for line in run.stdout).decode(errors="replace"),
        "stderr": run.stderr,
        "the summary": str(run.summary),
    }
    for name, text in told.items():
        lines = [line for line in text.splitlines() if PRIVATE.search(line)]
        if lines or any(secret in text for secret in evidence.secrets):
            yield f"{name} holds a value or a secret, such as in {lines[:1]}"
    for file in run.files:
        if file.exists() and file.stat().st_mode & 0o077:
            yield f"{file.name} may be read by others: {file.stat().st_mode & 0o777:o}"


def _memory_is_bounded(evidence: Evidence, place: int) -> Iterator[str]:
    peak = evidence.runs[place].peak_mb
    if peak is not None and peak > evidence.memory_mb:
        yield f"{peak:.0f} MB at most, of {evidence.memory_mb:.0f}"


def _states_only(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    left, cut = run.given.states, run.killed or run.stdout_full
    for line in run.stdout:
        text = line.text.rstrip(b"\n")
        if cut and not line.text.endswith(b"\n"):
            continue
        if not line.text.endswith(b"\n"):
            yield "its last line is cut"
        if text not in left:
            yield f"{text[:200]!r} is no state of the tap's, or not in the tap's order"
            return
        left = left[left.index(text) + 1 :]


def _asked_for(evidence: Evidence, place: int) -> Iterator[str]:
    run = evidence.runs[place]
    wanted = {item.number for item in run.given.records if not item.left_out}
    for call in run.calls:
        if call.resource not in evidence.asked_for:
            yield f"request {call.number} asks for {call.resource or call.path}"
        if not wanted.issuperset(call.records) or (call.body and not call.records):
            yield f"request {call.number} carries what nobody gave: {_few(call.records)}"
        if CONSENT.search(call.body):
            yield f"request {call.number} speaks of a consent that nobody gave"


CHECKS: Mapping[int, Callable[[Evidence, int], Iterator[str]]] = {
    1: _nothing_is_lost,
    2: _ended_one_way,
    3: _books_balance,
    4: _in_order,
    5: _bodies_fit,
    6: _nobody_is_blamed,
    7: _nothing_leaks,
    8: _memory_is_bounded,
    9: _states_only,
    10: _asked_for,
}


def _at_the_end(evidence: Evidence) -> Iterator[tuple[int, str]]:
    """What can only be said when all runs are over."""
    if evidence.overlaps:
        yield 4, f"two requests of one contact were in progress together {evidence.overlaps} times"
    if evidence.strangers:
        yield 10, f"a server that nobody named received {evidence.strangers} requests"
    arrived = _executed_before(evidence, len(evidence.runs))
    kept = {number for run in evidence.runs for number in run.rejected_numbers}
    given = evidence.wanted or evidence.runs[0].given
    wanted = {item.number for item in given.records if not item.left_out}
    if lost := wanted - arrived - kept:
        yield 1, f"records {_few(lost)} arrived nowhere, and no rejects file has them"


def _executed_before(evidence: Evidence, place: int) -> set[int]:
    return set().union(*(run.executed for run in evidence.runs[:place]))


def _few(numbers: Iterator[int] | set[int] | list[int]) -> str:
    chosen = sorted(numbers)
    more = f" and {len(chosen) - 5} more" if len(chosen) > 5 else ""
    return ", ".join(map(str, chosen[:5])) + more
