"""The settings, described once.

declared    what settings there are
schema      the same in singer-sdk's form, for `--about`
tables      the same for people: Markdown, meltano.yml
reading     a raw config to `config.Config`, with all its faults
without_effect    what is set, and changes nothing
kinds, rules, entries, names    the parts of reading
"""

from target_gleantap.config.declared import ENV_PREFIX, SETTINGS
from target_gleantap.config.docs_tables import meltano, table
from target_gleantap.config.ineffective import without_effect
from target_gleantap.config.parse import environment, misspelt, read, singer_config
from target_gleantap.config.schema import config_jsonschema
from target_gleantap.config.settings import DEFAULT_DESTINATION

__all__ = [
    "DEFAULT_DESTINATION",
    "ENV_PREFIX",
    "SETTINGS",
    "config_jsonschema",
    "environment",
    "meltano",
    "misspelt",
    "read",
    "singer_config",
    "table",
    "without_effect",
]
