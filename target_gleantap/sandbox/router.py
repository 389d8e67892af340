"""What stands at the sandbox's address: the vendor's API, the control endpoints and the inbox."""

from __future__ import annotations

from target_gleantap.sandbox.access import Access
from target_gleantap.sandbox.account.account import Account, Exchange
from target_gleantap.sandbox.account.request_log import LoggedRequest
from target_gleantap.sandbox.control import endpoints as control
from target_gleantap.sandbox.http_messages import HttpRequest, Reply
from target_gleantap.sandbox.inbox import pages
from target_gleantap.sandbox.inbox.hub import Hub
from target_gleantap.sandbox.transport.channel import Channel

FEED = f"{pages.PREFIX}feed"


class Router:
    """Passes each request to what answers it, and knows the open connections.

    Args:
        account: The vendor's API with its account.
        access: Who may open the pages and call the control endpoints.
    """

    def __init__(self, account: Account, access: Access) -> None:
        self.account = account
        self.channels: set[Channel] = set()
        self._access = access
        self._hub = Hub(account)
        self._count = 0

    def add_connection(self, channel: Channel) -> int:
        """Note a connection; return its number, 1 for the first."""
        self.channels.add(channel)
        self._count += 1
        return self._count

    def remove_connection(self, channel: Channel) -> None:
        """Note that a connection has ended."""
        self.channels.discard(channel)
        self._hub.remove_page(channel)

    def route(self, request: HttpRequest, channel: Channel) -> Exchange | Reply | None:
        """Answer a request: as the vendor, with injected failures; or as the sandbox, without.

        Returns:
            How to respond; None where the connection belongs to an open page from now on.
        """
        if not _is_ours(request):
            return self.account.receive(request, channel.number, channel.has_left)
        refusal = self._access.refusal(request)
        if refusal:
            return refusal
        if request.path == FEED and request.method == "GET":
            self._hub.add_page(channel)
            return None
        if request.path.startswith(control.PREFIX):
            return control.answer(self.account, request)
        return pages.answer(self.account, request)

    def end_request(
        self, entry: LoggedRequest, status: int | None, *, abandoned: bool = False
    ) -> None:
        """Log the end of a request that the vendor's API answered."""
        self.account.end_request(entry, status, abandoned=abandoned)


def _is_ours(request: HttpRequest) -> bool:
    if request.path == "/":
        return request.method == "GET"
    return request.path.startswith((control.PREFIX, pages.PREFIX))
