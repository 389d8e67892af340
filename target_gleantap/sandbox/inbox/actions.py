"""The actions of the pages: injected failures, rate limits, forget everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from target_gleantap.sandbox.account.account import Account
from target_gleantap.sandbox.faults.rules import KINDS
from target_gleantap.sandbox.inbox.reasons import words

Form = Mapping[str, str]

OFTEN: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "always": ("every request", {}),
    "every10": ("every 10th request", {"every": 10}),
    "every3": ("every 3rd request", {"every": 3}),
    "tenth": ("one in ten, by chance", {"rate": 0.1}),
    "half": ("every other one, by chance", {"rate": 0.5}),
    "first5": ("the next 5 requests", {"times": 5}),
    "body": ("each body once, then let it pass", {"first": 1, "per": "body"}),
}
"""How often a failure is injected: its label on the page, and the keys of the rule."""

PRESETS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "down": ("Down: 503 to everything", {"fault": "status", "status": 503}),
    "throttle": (
        "Throttled: 429 to every 5th",
        {"fault": "throttle", "retry_after": 1, "every": 5},
    ),
    "slow": ("Slow: 0.5 to 2 s a response", {"fault": "latency", "seconds": [0.5, 2]}),
    "flaky": ("Flaky: 1 in 20 is carried out, then reset", {"fault": "reset_after", "rate": 0.05}),
    "refuse": ("Refuses every 10th: 422", {"fault": "status", "status": 422, "every": 10}),
}
"""The most common failures: the label of each on the page, and its rule."""


class Refused(ValueError):
    """The action cannot be done; the message says why."""


def perform(account: Account, name: str, form: Form) -> str:
    """Carry out the action of a form.

    Returns:
        A sentence for the page: what was done.

    Raises:
        Refused: Where the form is not valid.
    """
    action = ACTIONS.get(name)
    if action is None:
        raise Refused("There is no such action.")
    try:
        done = action(account, form)
    except (ValueError, msgspec.DecodeError) as fault:
        raise Refused(str(fault)) from None
    account.add_note(done)
    return done


def _add(account: Account, form: Form) -> str:
    rule = account.faults.add_rule(_spec(form))
    return f"Failure {rule.number} switched on: {words(rule)}"


def _spec(form: Form) -> Any:
    if form.get("json", "").strip():
        return msgspec.json.decode(form["json"])
    if form.get("preset") in PRESETS:
        return PRESETS[form["preset"]][1]
    kind = form.get("fault", "")
    spec = {"fault": kind, **OFTEN.get(form.get("often", ""), OFTEN["always"])[1]}
    if form.get("path"):
        spec["path"] = form["path"]
    for name in ("status", "seconds", "retry_after", "location"):
        # A form sends all its fields; those of other kinds do not count.
        if form.get(name, "").strip() and name in KINDS.get(kind, {}):
            spec[name] = form[name].strip() if name == "location" else _number(form[name])
    return spec


def _number(text: str) -> Any:
    low, _, high = text.partition("-")
    try:
        numbers = [float(part) for part in (low, high) if part]
    except ValueError:
        raise Refused(
            f"{text!r} is not a number such as 503 or 0.5, and not a range such as 0.5-2"
        ) from None
    whole = [int(number) if number.is_integer() else number for number in numbers]
    return whole if len(whole) > 1 else whole[0]


def _switch(account: Account, form: Form) -> str:
    number, on = _rule_number(form), form.get("on") == "yes"
    account.faults.switch_rule(number, on=on)
    return f"Failure {number} switched {'on' if on else 'off'}"


def _remove(account: Account, form: Form) -> str:
    number = _rule_number(form)
    account.faults.remove_rule(number)
    return f"Failure {number} removed"


def _rule_number(form: Form) -> int:
    number = form.get("number", "")
    return int(number) if number.isdigit() else 0


def _clear(account: Account, _form: Form) -> str:
    account.faults.replace_rules([])
    return "All injected failures removed"


def _quota(account: Account, form: Form) -> str:
    quotas = [
        text for text in form.get("quotas", "").replace(",", "\n").splitlines() if text.strip()
    ]
    account.set_quotas(quotas)
    return f"Rate limits set to {', '.join(quotas)}" if quotas else "Rate limits removed"


def _forget(account: Account, _form: Form) -> str:
    account.reset()
    return "Everything forgotten"


ACTIONS: Mapping[str, Callable[[Account, Form], str]] = {
    "add": _add,
    "switch": _switch,
    "remove": _remove,
    "clear": _clear,
    "quota": _quota,
    "forget": _forget,
}
