"""The stream map of a stream that singer-sdk leaves as it is: it holds the schema as text."""

from __future__ import annotations

from typing import Any

from singer_sdk.mapper import PluginMapper, RemoveRecordTransform, SameRecordTransform, StreamMap

from target_gleantap.exact_json.codec import decode_json
from target_gleantap.singer.schemas import schema_text


class _SchemaAsText(StreamMap):
    """singer-sdk asks a map for its schema only when another SCHEMA comes."""

    @property
    def raw_schema(self) -> dict[str, Any]:
        """The schema as the tap sent it."""
        schema: dict[str, Any] = decode_json(self._schema)
        return schema

    @raw_schema.setter
    def raw_schema(self, schema: dict[str, Any]) -> None:
        self._schema = schema_text(schema)

    @property
    def transformed_schema(self) -> dict[str, Any]:
        """The same: nothing is transformed here."""
        return self.raw_schema

    @transformed_schema.setter
    def transformed_schema(self, schema: dict[str, Any]) -> None:
        """Do nothing: it is the other one again."""


class Unchanged(_SchemaAsText, SameRecordTransform):
    """Leaves a stream as it is."""


class Removed(_SchemaAsText, RemoveRecordTransform):
    """Leaves a stream out."""


def keep_schemas_as_text(mapper: PluginMapper) -> None:
    """Let streams without a map of their own have one of these.

    Not where records are flattened: singer-sdk then asks for the schema at each of them.
    """
    options = mapper.flattening_options
    if options is not None and options.enabled:
        return
    removes = mapper.default_mapper_type is RemoveRecordTransform
    mapper.default_mapper_type = Removed if removes else Unchanged
