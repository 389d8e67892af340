"""The inbox in a real browser: live, searched, filtered, and operated by hand and by keyboard."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import requests
from gym import SCHEMAS, check_in, member, state
from playwright.sync_api import expect

from target_gleantap.sandbox.inbox.clock import Clock

expect.set_options(timeout=10_000)

CONTACT = "/v2/ExternalApi/newContact"
EVENT = "/v2/ExternalApi/newEvent"
ADA = {"user_id": "1", "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"}
GRACE = {"user_id": "2", "first_name": "Grace", "last_name": "Example", "city": "Springfield"}
VISIT = {"id": "visit/1 a", "user_id": "1", "event_type": "visit", "event_date": "2026-01-02"}


@pytest.fixture
def post(sandbox):
    keys = {"X-API-KEY": "sandbox-key", "X-SECRET-KEY": "sandbox-secret"}

    def post(body, path=CONTACT):
        body = {"app_id": "sandbox-app", **body}
        return requests.post(sandbox.url + path, json=body, headers=keys, timeout=5)

    return post


def contact_url(sandbox, user_id="1"):
    found = (one for one in sandbox.contacts if one["fields"]["user_id"] == user_id)
    return f"{sandbox.url}/_inbox/contacts/{next(found)['_id']}"


def test_records_appear_while_a_run_goes_on_without_a_reload(sandbox, start, open_page, unmoved):
    page = open_page(sandbox.inbox)
    expect(page.get_by_role("status")).to_have_text("Live")
    run = start(batch_wait_seconds=0)
    with unmoved(page):
        run.write([*SCHEMAS, member(1), state(at=1)])
        expect(page.locator("#people")).to_contain_text("Ada Example1")
        run.write([member(2, first_name="Grace"), check_in(1, 1), state(at=2)])
        expect(page.locator("#people tr").first).to_contain_text("Grace Example2")
        expect(page.locator("#events")).to_contain_text("Ada Example1")
        expect(page.locator("#latest tr")).to_have_count(3)
        expect(page.locator("#tile-requests dd")).to_contain_text("3")
        expect(page.locator("[data-chart=requests] canvas")).to_be_visible()
    assert run.end().exit_code == 0


def test_a_page_that_is_paused_stays_as_it_is(sandbox, post, open_page):
    page = open_page(sandbox.url + "/_inbox/contacts")
    expect(page.get_by_role("status")).to_have_text("Live")
    page.get_by_role("button", name="Pause").click()
    post(ADA)
    page.wait_for_timeout(1200)
    expect(page.locator("#contacts")).not_to_contain_text("Ada")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#contacts")).to_contain_text("Ada")


def test_contacts_and_events_are_searched(sandbox, post, open_page):
    for body, path in ((ADA, CONTACT), (GRACE, CONTACT), (VISIT, EVENT)):
        assert post(body, path).ok
    page = open_page(sandbox.url + "/_inbox/contacts")
    expect(page.locator("#contacts tr")).to_have_count(2)
    page.get_by_role("searchbox").fill("springFIELD")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#contacts tr")).to_have_count(1)
    expect(page.locator("#contacts")).to_contain_text("Grace Example")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("#contacts tr")).to_have_count(2)
    page.get_by_role("link", name="Events").click()
    page.get_by_role("searchbox").fill("nothing like it")
    page.keyboard.press("Enter")
    expect(page.locator("#events")).to_have_text("None.")


def test_requests_are_filtered_and_say_why(sandbox, post, open_page):
    post(ADA)
    post({"user_id": "3", "first_name": "Alan"})
    sandbox.faults = [{"fault": "status", "status": 503}]
    post(GRACE)
    page = open_page(sandbox.url + "/_inbox/requests")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(3)
    for outcome, why in (
        ("refused", "last_name: is missing"),
        ("fault", "injected failure 1: status (status 503)"),
    ):
        page.get_by_label("Outcome").select_option(outcome)
        page.get_by_role("button", name="Search").click()
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text(why)
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("Text or #number").fill("ada@EXAMPLE")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("link", name="#1", exact=True).click()
    expect(page.get_by_label("Body of the request")).to_contain_text('"email": "ada@example.com"')
    expect(page.get_by_label("Body of the response")).to_contain_text('"success"')
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#fate")).to_contain_text("400 refused")
    expect(page.get_by_label("Body of the response")).to_contain_text("last_name: is missing")


def test_what_happened_at_a_time(sandbox, post, open_page):
    post(ADA)
    sandbox.quotas = ["1/1h"]
    page = open_page(sandbox.inbox)
    account = sandbox._router.account
    arrived = Clock(account.wall).at(sandbox.requests[0]["arrived"])
    page.get_by_label("What happened at").fill(f"{arrived:%H:%M}")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#tally")).to_contain_text("1 request")
    later = datetime.now().astimezone() - timedelta(hours=2)
    page.get_by_label("From").fill(f"{later:%Y-%m-%d %H:%M}")
    page.keyboard.press("Enter")
    expect(page.locator("#rows")).to_have_text("None.")
    page.get_by_label("From").fill("tomorrow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is not a time")


def test_a_click_on_a_chart_leads_to_the_requests_of_that_time(sandbox, post, open_page):
    post(ADA)
    page = open_page(sandbox.inbox, timezone_id="Asia/Kolkata")
    page.locator("[data-chart=requests] .u-over").click(position={"x": 2, "y": 50})
    expect(page.get_by_role("heading", level=1)).to_have_text("Requests")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("user_id:1")


def test_a_contact_has_its_fields_its_history_its_events_and_why_some_are_empty(
    sandbox, post, open_page, unmoved
):
    post(ADA)
    post(GRACE)
    post(VISIT, EVENT)
    sandbox.faults = [{"fault": "status", "status": 503, "match": {"phone": "+15550100"}}]
    post({**ADA, "phone": "+15550100"})
    page = open_page(contact_url(sandbox))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Example")
    expect(page.locator("#held-email")).to_contain_text("ada@example.com")
    expect(page.locator("#empty-city")).to_contain_text("1 of the latest 2 have it")
    expect(page.locator("#empty-phone")).to_contain_text("#4 carried it, but had no effect")
    expect(page.locator("#empty-never")).to_contain_text("created_date")
    expect(page.locator("#refused")).to_contain_text("injected failure 1: status")
    with unmoved(page):
        post({**ADA, "email": "lovelace@example.com"})
        expect(page.locator("#history li")).to_have_count(2)
        latest = page.locator("#history li").first
        expect(latest.locator("del")).to_have_text("ada@example.com")
        expect(latest.locator("ins")).to_have_text("lovelace@example.com")
        expect(page.locator("#held-email")).to_contain_text("lovelace@example.com")
        post({**VISIT, "id": "visit/2"}, EVENT)
        expect(page.locator("#own-events li")).to_have_count(2)
    page.locator("#own-events li").last.get_by_role("link", name="visit/1 a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("visit")
    expect(page.locator("#held-event_date")).to_contain_text("2026-01-02")


def test_faults_and_quotas_are_changed_by_hand_and_noted(sandbox, post, open_page):
    page = open_page(sandbox.url + "/_inbox/faults")
    page.get_by_role("button", name="Down: 503 to everything").click()
    expect(page.get_by_role("status").last).to_contain_text("Failure 1 switched on")
    assert post(ADA).status_code == 503
    switch = page.get_by_role("switch", name="Failure 1")
    expect(page.locator("#rules")).to_contain_text("1 \u00d7")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert post(ADA).status_code == 200
    page.get_by_label("Failure", exact=True).select_option("throttle")
    expect(page.get_by_label("Status")).to_be_hidden()
    page.get_by_label("Retry-After").fill("7")
    page.get_by_label("For", exact=True).select_option("event")
    page.get_by_role("button", name="Switch on", exact=True).click()
    assert post(ADA).status_code == 200
    assert post(VISIT, EVENT).headers["Retry-After"] == "7"
    page.get_by_role("button", name="Remove failure 2").click()
    page.get_by_label("One on each line").fill("1/1h")
    page.get_by_role("button", name="Enforce").click()
    assert [post(ADA).status_code for _ in range(2)] == [200, 429]
    page.get_by_label("One on each line").fill("plenty")
    page.get_by_role("button", name="Enforce").click()
    expect(page.get_by_role("alert")).to_contain_text("not a quota")
    page.goto(sandbox.inbox)
    expect(page.locator("#notes")).to_contain_text("Failure 1 switched off")
    expect(page.locator("#notes")).to_contain_text("Rate limits set to 1/1h")


def test_a_rule_that_makes_no_sense_is_refused_with_a_reason(sandbox, open_page):
    page = open_page(sandbox.url + "/_inbox/faults")
    page.get_by_text("Or any rule, as JSON").click()
    page.get_by_label("Rule (docs").fill('{"fault": "flood"}')
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("alert")).to_contain_text("must be one of")
    assert sandbox.faults == []


def test_everything_is_forgotten_by_one_button_that_asks_first(sandbox, post, open_page):
    post(ADA)
    page = open_page(sandbox.inbox)
    page.get_by_text("Forget everything…").click()
    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_role("status").last).to_contain_text("Everything forgotten")
    expect(page.locator("#people")).to_have_text("None.")
    assert sandbox.contacts == []


def test_it_is_usable_with_a_keyboard_alone(sandbox, post, open_page):
    sandbox.faults = [{"fault": "latency", "seconds": 0}]
    page = open_page(sandbox.url + "/_inbox/faults")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the table, which can be scrolled
    page.keyboard.press("Tab")
    switch = page.get_by_role("switch", name="Failure 1")
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    page.goto(sandbox.url + "/_inbox/contacts")
    post(ADA)
    link = page.get_by_role("link", name="Ada Example")
    link.focus()
    post(GRACE)
    expect(page.locator("#contacts tr")).to_have_count(2)
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Example")


def test_what_arrives_is_text_and_never_markup(sandbox, post, open_page):
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    assert post({**ADA, "first_name": evil, "city": evil, evil: evil}).ok
    post({**VISIT, "id": evil, "event_type": evil}, EVENT)
    page = open_page(contact_url(sandbox))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{evil} Example")
    for path in ("/", "/_inbox/events", "/_inbox/requests", "/_inbox/requests/1", "/_inbox/fields"):
        page.goto(sandbox.url + path)
        assert page.locator("img").count() == 0
        assert page.locator("script:not([src])").count() == 0


@pytest.fixture
def filled(sandbox, post):
    """A sandbox in which something of each kind has happened."""
    sandbox.faults = [{"fault": "status", "status": 503, "every": 5}]
    sandbox.quotas = ["9/1h"]
    for number in range(12):
        post({**ADA, "city": f"City {number}"})
        post({**VISIT, "id": f"visit-{number % 3}", "user_id": "1" if number % 2 else "9"}, EVENT)
    post({"user_id": "5"})
    return sandbox


def pages_of(sandbox):
    inbox = sandbox.url + "/_inbox/"
    names = ("contacts", "events", "events/visit-1", "requests", "requests/5", "fields", "faults")
    return [sandbox.inbox, contact_url(sandbox), *(inbox + name for name in names)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_the_rules_of_accessibility(filled, open_page, no_fault, scheme):
    page = open_page(color_scheme=scheme)
    for address in pages_of(filled):
        page.goto(address)
        if page.locator("[data-chart]").count():
            page.locator(".uplot").first.wait_for()
        no_fault(page)


def test_on_a_phone_no_page_is_wider_than_the_screen(filled, open_page):
    page = open_page(width=360)
    for address in pages_of(filled):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address


def test_a_page_says_when_the_sandbox_is_gone_and_goes_on_when_it_is_back(sandbox, browser):
    page = browser.new_page()  # what it says in the console then is in order
    page.goto(sandbox.inbox)
    expect(page.get_by_role("status")).to_have_text("Live")
    sandbox.stop()
    expect(page.get_by_role("status")).to_contain_text("Not reached")
    sandbox.start()
    expect(page.get_by_role("status")).to_have_text("Live")
    page.close()
