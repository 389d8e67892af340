"""Whatever comes in whatever order, and whenever a run dies: what is called unchanged is held."""

from __future__ import annotations

from datetime import datetime, timezone
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from target_gleantap import destinations
from target_gleantap.changes.decisions import Entry, Go
from target_gleantap.changes.lookup import Recall
from target_gleantap.config.config import Config
from target_gleantap.exact_json.codec import encode_canonical
from target_gleantap.ledger.connect import open_ledger
from target_gleantap.model import MappingEntry, Outcome, Rejection
from target_gleantap.transform.prepare import Preparation
from target_gleantap.transform.routes import Routes

FIELDS = {"user_id": "id", "first_name": "id", "last_name": "id", "city": "city"}
VENDOR = {"app_id": "a", "api_key": "k", "secret_key": "s"}
CONFIG = Config(
    destinations.load("gleantap"),
    "https://example.com",
    vendor=VENDOR,
    mappings=(MappingEntry(0, "members", "contact", fields=FIELDS),),
    timezone=ZoneInfo("UTC"),
)
SECRET = "a-secret-of-the-tests"  # noqa: S105 - of nothing else
ROUTES = Routes(CONFIG).for_stream("members", {"properties": {"id": {}, "city": {}}})
NO = Rejection("vendor")

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.sampled_from("12"), st.sampled_from("abc")),
        st.tuples(st.just("decide")),
        st.tuples(st.just("end"), st.sampled_from(["delivered", "rejected"])),
        st.tuples(st.just("crash"), st.booleans()),
    ),
    max_size=40,
)


class World:
    """A vendor, and runs of a target that end well or die."""

    def __init__(self, url: str) -> None:
        self.held: dict[str, str] = {}
        self.settled: list[tuple[Entry, Outcome | Rejection]] = []
        self._url = url
        self.begin()

    def begin(self) -> None:
        self.ledger = open_ledger(self._url, SECRET)
        self.recall = Recall(self.ledger, CONFIG, lambda: 0.0)
        assert self.recall.lock("members")
        self.recall.open(ROUTES)
        self.sending: list[Entry] = []

    def record(self, number: str, city: str) -> None:
        ready = Preparation(VENDOR, encode_canonical).prepare(
            ROUTES[0], {"id": number, "city": city}, datetime.now(timezone.utc)
        )
        self.recall.gather(ROUTES[0], ready, None)

    def decide(self) -> None:
        self.recall.decide()
        self._take()

    def _take(self) -> None:
        for entry, decision in self.recall.decisions():
            if decision is Go.SEND:
                self.sending.append(entry)
                continue
            if decision is Outcome.UNCHANGED:
                assert self._is_held(entry)
            self.settled.append((entry, decision))

    def _is_held(self, entry: Entry) -> bool:
        """Whether the vendor holds it, or what was sent after it was read."""
        later = any(each.body["user_id"] == entry.body["user_id"] for each in self.sending)
        return later or self.held.get(entry.body["user_id"]) == entry.body["city"]

    def end(self, how: str) -> None:
        """The oldest request ends; those of one contact go one after the other."""
        if not self.sending:
            return
        entry = self.sending.pop(0)
        if how == "delivered":
            self.held[entry.body["user_id"]] = entry.body["city"]
        self.recall.ended(entry, None if how == "delivered" else NO, {})
        self._take()
        self.recall.flush()

    def crash(self, carried_out: bool) -> None:
        """Die, with the oldest request of each contact under way."""
        if carried_out:
            for entry in reversed(self.sending):
                self.held[entry.body["user_id"]] = entry.body["city"]
        self.ledger.close()
        self.begin()

    def finish(self) -> None:
        self.decide()
        while self.sending:
            self.end("delivered")
        assert not len(self.recall)


@hypothesis_settings(max_examples=60, deadline=None)
@given(STEPS)
def test_what_is_called_unchanged_is_what_the_vendor_holds(steps):
    with TemporaryDirectory() as folder:
        world = World(f"sqlite:///{folder}/ledger.db")
        try:
            for name, *arguments in steps:
                getattr(world, name)(*arguments)
            for number in "12":
                world.record(number, "z")
                world.record(number, "a")
            world.finish()
            assert world.held == {"1": "a", "2": "a"}
            read = len(world.settled)
            for number in "12":
                world.record(number, "a")
            world.finish()
            again = [decision for _, decision in world.settled[read:]]
            assert again == [Outcome.UNCHANGED, Outcome.UNCHANGED]
        finally:
            world.ledger.close()
