"""What the forms of the inbox do."""

from __future__ import annotations

import pytest

from target_gleantap.sandbox.inbox import actions


def test_a_form_is_read_for_its_own_kind_only(account):
    form = {"fault": "latency", "seconds": "0.5-2", "status": "503", "often": "every10"}
    actions.perform(account, "add", form)
    assert account.faults.rules[0].spec == {"fault": "latency", "seconds": [0.5, 2], "every": 10}
    for name, form in (
        ("add", {"fault": "latency"}),
        ("add", {"fault": "status", "status": "many"}),
        ("add", {"json": "{"}),
        ("quota", {"quotas": "plenty"}),
        ("explode", {}),
    ):
        with pytest.raises(actions.Refused):
            actions.perform(account, name, form)
    assert [words for _, words in account.notes] == [
        "Failure 1 switched on: latency (every 10, seconds [0.5,2])"
    ]
