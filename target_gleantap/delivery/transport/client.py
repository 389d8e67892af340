"""Options of curl that are the same for every request: headers, proxy, certificates, time-out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pycurl
import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

from target_gleantap.delivery.transport.transfer import Transfer


class Client:
    """Makes transfers to one base URL.

    The environment's proxies and certificates (`HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`)
    are read once, as requests reads them. No redirect is followed: keys never travel to another
    host. No proxy is used for plain http, which is for this machine only.

    Args:
        base_url: Scheme, host and base path, without a slash at the end.
        headers: Sent with every request, credentials included.
        timeout: Seconds that one request may take, its connection included.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout: float) -> None:
        self.timeout = timeout
        # An international host name is written as DNS has it; curl may not know how.
        prepared = requests.Request("POST", base_url, headers=dict(headers)).prepare()
        self._base_url = str(prepared.url).rstrip("/")
        self._headers = [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
        if "content-type" not in prepared.headers:
            self._headers.append(b"Content-Type:")
        # Bodies go out at once: no vendor asks to be asked first, and it costs a round trip.
        self._headers.append(b"Expect:")
        self._environment = _environment(base_url)

    def transfer(self) -> Transfer:
        """Make a transfer, which carries one request after another over kept connections."""
        curl = pycurl.Curl()
        for option, value in self._environment.items():
            curl.setopt(option, value)
        curl.setopt(pycurl.HTTPHEADER, self._headers)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        curl.setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(self.timeout * 1000))
        return Transfer(curl, self._base_url)


def _environment(base_url: str) -> dict[int, str | bytes]:
    """The environment's proxy and certificates for this URL, as options of curl."""
    with requests.Session() as session:
        settings = session.merge_environment_settings(base_url, {}, False, None, None)
    # Only this machine is spoken to in clear; a proxy would be another one, with the keys.
    proxies = {} if base_url.startswith("http://") else settings["proxies"]
    proxy = select_proxy(base_url, proxies) or ""
    bundle = settings["verify"]
    path = DEFAULT_CA_BUNDLE_PATH if bundle is True else str(bundle)
    inside, inside_proxy = (
        (pycurl.CAPATH, pycurl.PROXY_CAPATH)
        if Path(path).is_dir()
        else (pycurl.CAINFO, pycurl.PROXY_CAINFO)
    )
    # An empty NOPROXY and PROXY keep curl from reading the environment in its own way.
    return {
        pycurl.PROXY: proxy.encode(),
        pycurl.NOPROXY: "",
        inside: path,
        inside_proxy: path,
    }
