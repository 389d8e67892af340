"""The settings that singer-sdk itself reads, as far as they mean something here."""

from __future__ import annotations

from target_gleantap.contract import Setting

SINGER: tuple[Setting, ...] = (
    Setting(
        "validate_records",
        "boolean",
        "Whether records are held against the tap's own SCHEMA; one that does not fit is rejected.",
        default=True,
    ),
    Setting(
        "add_record_metadata",
        "boolean",
        "Whether singer-sdk adds its `_sdc_*` fields to the records, for mappings to read.",
        default=False,
    ),
    Setting(
        "stream_maps",
        "object",
        "singer-sdk's stream maps, which change records ahead of the mappings: "
        "<https://sdk.meltano.com/en/latest/stream_maps.html>.",
    ),
    Setting(
        "stream_map_config",
        "object",
        "Values that the expressions of `stream_maps` read as `config`.",
    ),
    Setting(
        "faker_config",
        "object",
        "`seed` and `locale` of `fake` in the expressions of `stream_maps` (wants the package "
        "faker).",
    ),
    Setting(
        "flattening_enabled",
        "boolean",
        "Whether singer-sdk flattens nested records ahead of the mappings.",
        default=False,
    ),
    Setting(
        "flattening_max_depth",
        "integer",
        "How many levels are flattened.",
        minimum=0,
    ),
    Setting(
        "flattening_max_key_length",
        "integer",
        "The greatest length of a flattened key.",
        minimum=1,
    ),
    Setting(
        "flattening_separator",
        "string",
        "What stands between the parts of a flattened key (singer-sdk's own default is `__`).",
    ),
    Setting(
        "batch_config",
        "object",
        "Where and how singer-sdk reads the files of BATCH messages, where their own words do not "
        "do.",
    ),
)
"""The settings that singer-sdk itself reads. `load_method` is not among them: there is but one
way to load here."""
