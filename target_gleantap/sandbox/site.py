"""What stands at the address: the vendor's API, the control endpoints, and a page to look in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_gleantap.sandbox import control, page
from target_gleantap.sandbox.api import Api, Exchange
from target_gleantap.sandbox.vendor import Call, Reply

if TYPE_CHECKING:
    from target_gleantap.sandbox.connection import Connection


class Site:
    """Leads a call to what answers it, and knows the open connections."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.connections: set[Connection] = set()
        self._count = 0

    def opened(self, connection: Connection) -> int:
        """Note a connection; give its number, 1 for the first."""
        self.connections.add(connection)
        self._count += 1
        return self._count

    def closed(self, connection: Connection) -> None:
        """Note that a connection has ended."""
        self.connections.discard(connection)

    def take(self, call: Call, connection: Connection) -> Exchange | Reply:
        """Have a call answered: by the vendor's API with its faults, or by ourselves without."""
        if call.path == "/" and call.method == "GET":
            return control.from_elsewhere(call) or page.render(self.api)
        if call.path.startswith(control.PREFIX):
            return control.from_elsewhere(call) or control.answer(self.api, call)
        return self.api.receive(call, connection.number, connection.is_gone)
