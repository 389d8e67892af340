"""What this target uses of singer-sdk beyond its documented interface, one by one.

singer-sdk is pinned to a minor version. Where a release moves one of these, the test that fails
says which, and what this target would then do wrong without a word.
"""

from __future__ import annotations

import inspect
import io

import click
import pytest
from gym import MEMBER, MEMBERS, SCHEMAS, check_in, encode, member, schema, state
from singer_sdk import Target
from singer_sdk.helpers import _batch as batch
from singer_sdk.helpers import _classproperty as classproperty
from singer_sdk.mapper import DefaultStreamMap, StreamMap
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.sinks import Sink

from target_gleantap.singer.reader import LineReader
from target_gleantap.singer.sink import StreamSink
from target_gleantap.singer.stream_maps import Removed, Unchanged
from target_gleantap.target import TargetGleantap

OVERRIDDEN = [
    (Target, TargetGleantap, "_process_schema_message", "SCHEMA lines are not kept for rejects"),
    (Target, TargetGleantap, "_process_record_message", "records go to sinks that drop them"),
    (Target, TargetGleantap, "_process_state_message", "states are remembered and never leave"),
    (Target, TargetGleantap, "_process_activate_version_message", "a stray one ends the run"),
    (Target, TargetGleantap, "_process_batch_message", "a BATCH before its SCHEMA is a KeyError"),
    (Target, TargetGleantap, "_validate_config", "config faults are printed with their values"),
    (Target, TargetGleantap, "_handle_termination", "a signal acknowledges what was not sent"),
    (Target, TargetGleantap, "append_builtin_config", "--about lists settings without effect"),
    (Target, TargetGleantap, "process_endofpipe", "a run ends before its records are delivered"),
    (Target, TargetGleantap, "setup_mapper", "each stream's schema is held twice, parsed"),
    (GenericSingerReader, LineReader, "process_lines", "bad lines are logged in full"),
    (GenericSingerReader, LineReader, "deserialize_json", "bad lines are logged in full"),
    (Sink, StreamSink, "get_validator", "one bad record ends the run, and dates are altered"),
    (
        Sink,
        StreamSink,
        "get_batch_processing_timer",
        "each stream holds a timer that times nothing",
    ),
    (Sink, StreamSink, "setup", "mappings are not held against the schema"),
    (Sink, StreamSink, "process_record", "records are taken twice"),
    (Sink, StreamSink, "process_batch", "records are taken twice"),
    (Sink, StreamSink, "process_batch_files", "records of BATCH files are dropped"),
    (Sink, StreamSink, "activate_version", "an ACTIVATE_VERSION is not logged"),
]


@pytest.fixture
def target(settings):
    return TargetGleantap(config=settings().values)


@pytest.fixture(autouse=True)
def _signals(monkeypatch):
    """singer-sdk takes over signals with every target that is made; not those of this process."""
    monkeypatch.setattr("signal.signal", lambda *_: None)


@pytest.mark.parametrize(("base", "own", "name", "otherwise"), OVERRIDDEN)
def test_what_is_overridden_is_still_there(base, own, name, otherwise):
    theirs, ours = getattr(base, name, None), getattr(own, name)
    assert theirs is not None, f"singer-sdk has no {base.__name__}.{name} any more: {otherwise}"
    assert name in vars(own), f"{own.__name__} does not override {name}: {otherwise}"
    wanted, given = (list(inspect.signature(each).parameters) for each in (theirs, ours))
    assert given == wanted, f"singer-sdk calls {name} with {wanted} now: {otherwise}"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("SCHEMA", "_process_schema_message"),
        ("RECORD", "_process_record_message"),
        ("STATE", "_process_state_message"),
        ("ACTIVATE_VERSION", "_process_activate_version_message"),
        ("BATCH", "_process_batch_message"),
    ],
)
def test_each_type_of_message_still_comes_by_its_method(target, monkeypatch, kind, name):
    came = []
    monkeypatch.setattr(target, name, came.append)
    target.process_lines(io.BytesIO(encode([{"type": kind}])))
    assert came == [{"type": kind}], f"singer-sdk does not give {kind} messages to {name} any more"


def test_the_reader_is_the_one_that_the_target_sets(target):
    assert isinstance(target.message_reader, LineReader)
    target.process_lines(io.BytesIO(encode([MEMBERS])))
    assert target.message_reader.number == 1, "singer-sdk reads with something else than ours"


def test_the_config_is_checked_by_our_method_before_anything_is_made_of_it():
    with pytest.raises(Exception, match="The config has") as refused:
        TargetGleantap(config={})
    assert type(refused.value).__name__ == "ConfigError", "singer-sdk checks the config itself now"


def test_the_environment_is_read_by_our_property(settings, monkeypatch):
    monkeypatch.setenv("TARGET_GLEANTAP_QUOTAS", '["7/1s"]')
    target = TargetGleantap(config=settings().values, parse_env_config=True)
    assert [str(quota) for quota in target.settings.quotas] == ["7/1s"], (
        "singer-sdk does not read _env_var_config any more"
    )


def test_the_config_that_singer_sdk_sees_is_the_one_set_in_validation(target):
    text = str(dict(target.config))
    for secret in ("sandbox-key", "sandbox-secret"):
        assert secret not in text, "singer-sdk keeps the config elsewhere than in _config now"


def test_a_class_property_can_be_read_from_the_class():
    class Example:
        @classproperty.classproperty
        def name(cls):  # noqa: N805 - a class property
            return cls.__name__

    assert Example.name == "Example", "helpers._classproperty does not make class properties"


def test_a_changed_schema_puts_the_old_sink_where_we_look_for_it(target, monkeypatch):
    put_aside = []
    drain_all = target.drain_all

    def drained(**options):
        put_aside.append(len(target._sinks_to_clear))
        drain_all(**options)

    monkeypatch.setattr(target, "drain_all", drained)
    target.process_lines(io.BytesIO(encode([MEMBERS, MEMBERS])))
    assert put_aside == [], "singer-sdk makes a new sink for a schema that has not changed"
    target.process_lines(io.BytesIO(encode([schema("members", {**MEMBER, "plan": "string"})])))
    assert put_aside == [1], "singer-sdk keeps replaced sinks elsewhere than in _sinks_to_clear"


def test_stream_maps_are_found_by_stream_and_have_what_we_ask_of_them(target):
    target.process_lines(io.BytesIO(encode([MEMBERS])))
    (stream_map,) = target.mapper.stream_maps["members"]
    assert isinstance(stream_map, StreamMap)
    assert isinstance(stream_map, DefaultStreamMap), "an unmapped stream has another map now"
    assert stream_map.stream_alias == "members"
    assert stream_map.flattening_enabled is False
    assert stream_map.get_filter_result({"id": "m1"}) is True
    assert stream_map.transform({"id": "m1"}) == {"id": "m1"}


@pytest.mark.parametrize(("stream_maps", "kind"), [({}, Unchanged), ({"__else__": None}, Removed)])
def test_neither_map_nor_sink_holds_a_parsed_schema(settings, stream_maps, kind):
    """Ten thousand streams would not fit into the memory that is promised."""
    target = TargetGleantap(config=settings(stream_maps=stream_maps).values)
    target.process_lines(io.BytesIO(encode([MEMBERS])))
    (stream_map,) = target.mapper.stream_maps["members"]
    assert type(stream_map) is kind, (
        "singer-sdk makes maps of another kind than default_mapper_type"
    )
    assert stream_map.raw_schema == stream_map.transformed_schema == MEMBERS["schema"]
    for holder in (stream_map, target.get_sink("members")):
        parsed = [value for value in vars(holder).values() if isinstance(value, dict)]
        assert not any("first_name" in str(value) for value in parsed), (
            f"singer-sdk's {type(holder).__mro__[2].__name__} keeps a schema that it did not before"
        )


def test_flattening_is_told_by_the_map_itself(settings):
    target = TargetGleantap(config=settings(flattening_enabled=True, flattening_max_depth=1).values)
    target.process_lines(io.BytesIO(encode([MEMBERS])))
    (stream_map,) = target.mapper.stream_maps["members"]
    assert stream_map.flattening_enabled is True, (
        "singer-sdk does not tell by flattening_enabled that it flattens: records stay nested"
    )


def test_metadata_is_added_to_the_record_by_the_method_that_we_call(settings):
    target = TargetGleantap(config=settings(add_record_metadata=True).values)
    target.process_lines(io.BytesIO(encode([MEMBERS])))
    sink = target.get_sink("members")
    assert sink.include_sdc_metadata_properties is True
    record = {"id": "m1"}
    sink._add_sdc_metadata_to_record(record, {"time_extracted": "2026-01-02T03:04:05Z"}, {})
    assert "_sdc_extracted_at" in record, "_add_sdc_metadata_to_record adds nothing any more"


def test_a_sink_has_what_we_read_from_it(target):
    target.process_lines(io.BytesIO(encode([MEMBERS])))
    sink = target.get_sink("members")
    assert sink.original_schema == MEMBERS["schema"]
    assert list(sink.key_properties) == ["id"]
    assert sink.batch_config is None
    sink.record_counter_metric.increment()


def test_batch_files_are_opened_by_the_names_that_we_import(tmp_path):
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b"{}\n")
    head, tail = batch.StorageTarget.split_url(path.as_uri())
    with batch.StorageTarget.from_url(head).open(tail, mode="rb") as file:
        assert file.read() == b"{}\n"
    assert batch.BatchFileFormat.JSONL == "jsonl"


def test_the_sinks_are_drained_one_after_the_other(target):
    assert target.max_parallelism == 1, "singer-sdk drains sinks in threads of its own again"


def test_singer_sdk_itself_never_writes_a_state(target, monkeypatch):
    wrote = []
    monkeypatch.setattr(target, "_write_state_message", wrote.append)
    monkeypatch.setattr(target.run.pipeline.states, "_write", lambda _: None)
    target.process_lines(io.BytesIO(encode([*SCHEMAS, member(1), check_in(1, 1), state(a=1)])))
    target.process_endofpipe()
    assert wrote == [], "singer-sdk writes states beside ours: one may run ahead of delivery"


def test_the_command_takes_its_config_by_a_callback_that_we_replace():
    (config,) = (param for param in TargetGleantap.cli.params if param.name == "config")
    assert isinstance(config, click.Option)
    given = TargetGleantap.cb_config(click.Context(TargetGleantap.cli), config, ())
    assert hasattr(given, "config"), "cb_config gives something without `config` now"
    assert hasattr(given, "parse_env"), "cb_config gives something without `parse_env` now"
