"""What stands at the address: the vendor's API, the control endpoints, and the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_gleantap.sandbox.access import Access
from target_gleantap.sandbox.account.account import Api, Exchange
from target_gleantap.sandbox.account.vendor import Call, Reply
from target_gleantap.sandbox.control import endpoints as control
from target_gleantap.sandbox.inbox import pages
from target_gleantap.sandbox.inbox.hub import Hub

if TYPE_CHECKING:
    from target_gleantap.sandbox.transport.connection import Connection

FEED = f"{pages.PREFIX}feed"


class Site:
    """Leads a call to what answers it, and knows the open connections.

    Args:
        api: The vendor's API.
        access: Who may look.
    """

    def __init__(self, api: Api, access: Access) -> None:
        self.api = api
        self.connections: set[Connection] = set()
        self._access = access
        self._hub = Hub(api)
        self._count = 0

    def opened(self, connection: Connection) -> int:
        """Note a connection; give its number, 1 for the first."""
        self.connections.add(connection)
        self._count += 1
        return self._count

    def closed(self, connection: Connection) -> None:
        """Note that a connection has ended."""
        self.connections.discard(connection)
        self._hub.closed(connection)

    def take(self, call: Call, connection: Connection) -> Exchange | Reply | None:
        """Have a call answered: by the vendor's API with its faults, or by ourselves without.

        Returns:
            How to answer; None where the connection belongs to a page from now on.
        """
        if not _is_ours(call):
            return self.api.receive(call, connection.number, connection.is_gone)
        refusal = self._access.refusal(call)
        if refusal:
            return refusal
        if call.path == FEED and call.method == "GET":
            self._hub.open(connection)
            return None
        if call.path.startswith(control.PREFIX):
            return control.answer(self.api, call)
        return pages.answer(self.api, call)


def _is_ours(call: Call) -> bool:
    if call.path == "/":
        return call.method == "GET"
    return call.path.startswith((control.PREFIX, pages.PREFIX))
