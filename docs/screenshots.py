"""Make the pictures of docs/: the inbox in the middle of a run, and the report of that run.

    python docs/screenshots.py [folder]

Needs the extra `sandbox`, the group `test` and Chromium. Everything shown is invented.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from target_gleantap.sandbox.server import Sandbox

DOCS = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MEMBERS, ROUNDS = 700, 3
FIRST = ("Ada", "Grace", "Alan", "Barbara", "Edsger", "Katherine", "Donald", "Radia")
CITIES = ("Springfield", "Shelbyville", "Ogdenville")
MAPPINGS: list[dict[str, Any]] = [
    {
        "stream": "members",
        "resource": "contact",
        "fields": {
            "user_id": "id",
            "first_name": "first",
            "last_name": "last",
            "email": "email",
            "phone": "mobile",
            "city": "city",
            "status": "status",
            "tags": "interests",
        },
        "custom_attributes": ["plan"],
    },
    {
        "stream": "check_ins",
        "resource": "event",
        "fields": {
            "id": "join('-', ['checkin', to_string(id)])",
            "user_id": "member_id",
            "event_type": "'visit'",
            "event_date": "at",
            "event_time": "at",
            "is_visit": True,
        },
    },
]
SCHEMAS = (
    {
        "type": "SCHEMA",
        "stream": "members",
        "key_properties": ["id"],
        "schema": {
            "properties": {
                "id": {"type": "string"},
                **{
                    name: {"type": ["null", "string"]}
                    for name in ("first", "last", "email", "mobile", "city", "status", "plan")
                },
                "interests": {"type": ["null", "array"]},
            }
        },
    },
    {
        "type": "SCHEMA",
        "stream": "check_ins",
        "key_properties": ["id"],
        "schema": {
            "properties": {
                "id": {"type": "integer"},
                "member_id": {"type": "string"},
                "at": {"type": "string", "format": "date-time"},
            }
        },
    },
)


def messages() -> Iterator[dict[str, Any]]:
    """A gym's members, who move and change their minds, and their visits."""
    yield from SCHEMAS
    chance = random.Random(7)  # noqa: S311 - the same pictures each time
    visits = 0
    for round_ in range(ROUNDS):
        for number in range(1, MEMBERS + 1):
            last = None if number % 97 == 0 else f"Example{number}"
            member = {
                "id": str(number),
                "first": FIRST[number % len(FIRST)],
                "last": last,
                "email": f"member{number}@example.com",
                "mobile": f"+1 555 010 {number:04d}" if number % 3 else None,
                "city": CITIES[(number + round_ * (number % 2)) % len(CITIES)],
                "status": "active" if round_ < 1 or number % 5 else "paused",
                "plan": "monthly",
                "interests": ["yoga", "climbing"] if number % 4 else [],
            }
            yield {"type": "RECORD", "stream": "members", "record": member}
            for _ in range(chance.randrange(3)):
                visits += 1
                at = f"2026-05-{1 + round_:02d}T{6 + number % 14:02d}:15:00Z"
                visit = {"id": visits, "member_id": str(number), "at": at}
                yield {"type": "RECORD", "stream": "check_ins", "record": visit}
        yield {"type": "STATE", "value": {"round": round_}}


def run(sandbox: Sandbox, folder: Path, report: Path) -> None:
    """Run the target into the sandbox, with a report."""
    config = folder / "config.json"
    settings = {
        "base_url": sandbox.url,
        **sandbox.credentials,
        "mappings": MAPPINGS,
        "on_reject": "quarantine",
        "quotas": ["600/1s"],
        "rejects_path": str(folder / "rejects.singer.jsonl"),
        "report_path": str(report),
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    given = "".join(json.dumps(message) + "\n" for message in messages())
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "target_gleantap", "--config", str(config)],
        input=given.encode(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def hands(sandbox: Sandbox, stop: threading.Event) -> None:
    """What somebody does by hand meanwhile: faults come and go."""
    kinds: list[list[dict[str, Any]]] = [
        [{"fault": "latency", "seconds": [0.01, 0.05], "every": 3}],
        [
            {"fault": "status", "status": 503, "every": 19},
            {
                "fault": "status",
                "status": 422,
                "body": {"message": "phone: is not valid"},
                "match": {"user_id": "45"},
                "times": 1,
                "path": "contact",
            },
        ],
        [
            {"fault": "throttle", "retry_after": 1, "every": 150},
            {"fault": "reset_after", "every": 70},
        ],
    ]
    for rules in kinds:
        sandbox.faults = rules
        if stop.wait(2.5):
            return
    sandbox.faults = kinds[0] + kinds[2]


def shoot(page: Page, address: str, path: Path, *, whole: bool = False) -> None:
    """Open a page, let it settle, and take its picture, or that of what the window shows."""
    page.goto(address)
    time.sleep(1.2)
    page.screenshot(path=path, full_page=whole)


def open_page(browser: Browser, scheme: str, width: int, height: int) -> Page:
    """A page of that look and size."""
    return browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )


def main(images: Path) -> None:
    """Run, and take the pictures."""
    images.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(quotas=["500/1s"], latency=(0.004, 0.02)) as sandbox,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        report, stop = Path(folder) / "report.html", threading.Event()
        by_hand = threading.Thread(target=hands, args=(sandbox, stop))
        by_hand.start()
        run(sandbox, Path(folder), report)
        stop.set()
        by_hand.join()
        contact = next(one for one in sandbox.contacts if one["fields"]["user_id"] == "45")
        light, dark = open_page(browser, "light", 1180, 860), open_page(browser, "dark", 1180, 860)
        phone = open_page(browser, "light", 390, 800)
        inbox = f"{sandbox.url}/_inbox"
        shoot(light, sandbox.inbox, images / "inbox.png")
        shoot(light, f"{inbox}/contacts/{contact['_id']}", images / "inbox-contact.png", whole=True)
        shoot(dark, f"{inbox}/requests?outcome=fault", images / "inbox-requests-dark.png")
        shoot(phone, f"{inbox}/faults", images / "inbox-phone.png")
        shoot(light, report.as_uri(), images / "report.png")
        shoot(dark, report.as_uri(), images / "report-dark.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "images")
