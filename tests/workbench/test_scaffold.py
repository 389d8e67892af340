"""Mappings proposed for streams whose schemas nobody here chose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from streams_of import TAPS, as_lines, schema_messages

from target_gleantap import destinations
from target_gleantap.workbench.scaffold.synonyms import kind_of, singular, tokens

HANDFUL = 5
PERSON = {
    "type": "SCHEMA",
    "stream": "people",
    "key_properties": ["id"],
    "schema": {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "fname": {"type": "string"},
            "surname": {"type": "string"},
            "reach": {"type": "string"},
            "cell": {"type": "string"},
            "emergency_phone": {"type": "string"},
            "joined": {"type": "integer"},
            "newsletter_consent": {"type": "boolean"},
            "sms_ok": {"type": "boolean"},
            "first-class": {"type": "string"},
            "password": {"type": "string"},
            "home": {"type": "object"},
        },
    },
}


def proposed(text: str) -> dict[str, dict[str, Any]]:
    """The entries by their streams."""
    return {entry["stream"]: entry for entry in yaml.safe_load(text)["mappings"]}


@pytest.mark.parametrize("destination", destinations.names())
@pytest.mark.parametrize("tap", TAPS)
def test_a_taps_schemas_give_a_mapping_that_passes_after_a_handful_of_edits(
    command: Any, folder: Path, tap: str, destination: str
) -> None:
    (folder / "tap.singer").write_text(as_lines(schema_messages(tap)))
    made = command("scaffold", "--input", "tap.singer", "--destination", destination)
    assert made.code == 0, made.err
    (folder / "config.yml").write_text(made.out)
    checked = command(
        "check", "--config", "config.yml", "--input", "tap.singer", "--format", "json"
    )
    faults = checked.json["faults"]
    assert len(faults) <= HANDFUL, checked.out
    for fault in faults:
        # What is missing is told by the contract's own names, and stands in the file as a comment.
        assert fault["rule"] in ("required", "identity"), fault
        assert "REQUIRED" in made.out


def test_a_catalog_gives_what_its_schema_messages_give(
    command: Any, folder: Path, write: Any
) -> None:
    messages = schema_messages("shopify")
    streams = [
        {
            "tap_stream_id": message["stream"],
            "schema": message["schema"],
            "metadata": [
                {"breadcrumb": [], "metadata": {"table-key-properties": message["key_properties"]}}
            ],
        }
        for message in messages
    ]
    (folder / "catalog.json").write_text(json.dumps({"streams": streams}))
    by_catalog = command("scaffold", "--catalog", "catalog.json")
    by_input = command("scaffold", stdin=as_lines(messages))
    assert by_catalog.out == by_input.out
    write("config.yml", by_catalog.out)
    assert command("check", "--config", "config.yml", "--catalog", "catalog.json").code == 0


def test_names_types_and_values_decide(command: Any) -> None:
    record = {
        "id": 7,
        "fname": "Ann",
        "surname": "Example",
        "reach": "ann@example.com",
        "cell": "(555) 555-0100",
        "emergency_phone": "(555) 555-0101",
        "joined": 1769876950250,
        "newsletter_consent": True,
        "sms_ok": True,
        "home": {"town": "Town", "postcode": "01234"},
    }
    messages = [PERSON, {"type": "RECORD", "stream": "people", "record": record}]
    made = command("scaffold", stdin=as_lines(messages))
    entry = proposed(made.out)["people"]
    assert entry == {
        "stream": "people",
        "resource": "contact",
        "fields": {
            "user_id": "id",
            "first_name": "fname",
            "last_name": "surname",
            "email": "reach",
            "phone": "cell",
            "city": "home.town",
            "zip": "home.postcode",
            "created_date": "timestamp_ms(joined)",
        },
        "custom_attributes": ["emergency_phone", "newsletter_consent", "first-class"],
    }
    assert "# optin_sms: sms_ok" in made.out
    assert "consent is not guessed" in made.out
    assert "# default_region: US" in made.out
    assert "password" in made.out.split("left over:")[1]
    for value in ("Ann", "example.com", "555-01", "1769876950250"):
        assert value not in made.out


def test_every_line_says_how_sure_it_is_and_why(command: Any) -> None:
    made = command("scaffold", stdin=as_lines(schema_messages("shopify")))
    lines = [line for line in made.out.splitlines() if line.startswith("      ") and ":" in line]
    assert lines
    for line in lines:
        assert any(f"# {word}" in line for word in ("sure: ", "likely: ", "a guess: ")), line


@pytest.mark.parametrize(
    ("stream", "source", "taken"),
    [
        ("customers", "default_source", False),
        ("customers", "record_type", False),
        ("customers", "payment_status", False),
        ("customers", "customer_type", True),
        ("gym_visitors", "visitor_type", True),
        ("customers", "lead_source", True),
        ("customers", "source", True),
    ],
)
def test_a_general_name_is_the_persons_only_where_no_other_word_says_of_what(
    command: Any, stream: str, source: str, taken: bool
) -> None:
    """Stripe's `default_source` is a card. It was proposed as where somebody comes from, surely."""
    properties = {**PERSON["schema"]["properties"], source: {"type": "string"}}
    message = {**PERSON, "stream": stream, "schema": {"type": "object", "properties": properties}}
    made = command("scaffold", stdin=as_lines([message])).out
    rule = f"{source.rpartition('_')[2]}: {source} "
    assert (rule in made) == taken, made


def test_words_that_were_passed_over_are_told(command: Any) -> None:
    made = command("scaffold", stdin=as_lines(schema_messages("stripe"))).out
    assert "email: receipt_email                    # likely: same name, after `receipt`" in made
    assert "phone: billing_details.phone            # likely: same name\n" in made


def test_a_stream_that_only_its_fields_speak_for_is_a_comment(command: Any) -> None:
    message = {**PERSON, "stream": "zzz"}
    made = command("scaffold", stdin=as_lines([message]))
    assert yaml.safe_load(made.out)["mappings"] == []
    assert "#   zzz: a guess" in made.out
    uncommented = "\n".join(
        line.replace("  # ", "  ", 1) if "people" not in line else line
        for line in made.out.split("mappings: []")[1].splitlines()[2:]
    )
    assert yaml.safe_load(uncommented)[0]["stream"] == "zzz"


def test_an_event_is_whose_it_is_and_when_it_was(command: Any) -> None:
    made = command("scaffold", stdin=as_lines(schema_messages("shopify")))
    fields = proposed(made.out)["orders"]["fields"]
    assert fields["id"] == "join('-', ['order', to_string(id)])"
    assert fields["user_id"] == "customer.id"
    assert fields["event_type"] == "'order'"
    assert fields["event_date"] == fields["event_time"] == "processed_at"
    assert "products" not in proposed(made.out)
    assert "unmapped_streams: ignore" in made.out


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "no SCHEMA"), ("{", "line 1"), ('{"type": "SCHEMA"}\n', "line 1"), ("[]\n", "line 1")],
)
def test_what_is_no_singer_is_told_by_its_line(command: Any, given: str, said: str) -> None:
    done = command("scaffold", stdin=given)
    assert done.code == 4
    assert said in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("firstName", ("first", "name")),
        ("FIRST_NAME", ("first", "name")),
        ("MailingPostalCode", ("mailing", "postal", "code")),
        ("address1", ("address", "1")),
        ("e-mail", ("e", "mail")),
    ],
)
def test_names_are_taken_apart_however_they_are_written(name: str, words: tuple[str, ...]) -> None:
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hubspot_contacts", "person"),
        ("People", "person"),
        ("checkIns", "event"),
        ("activities", "event"),
        ("companies", "company"),
        ("products", ""),
    ],
)
def test_streams_are_known_by_their_names(name: str, kind: str) -> None:
    assert kind_of((name,)) == kind


def test_plurals_follow_the_rules_of_english() -> None:
    words = ("people", "boxes", "addresses", "classes", "activities", "sms", "status", "members")
    assert [singular(word) for word in words] == [
        *("person", "box", "address", "class", "activity", "sms", "status", "member"),
    ]
