"""The configuration: what the user asks of each layer, in YAML with the keys that hls4ml users know.

It holds only data. `Config.read` gives it from a file, `for_layer` answers what holds for one layer.
"""

from codesign.config.choices import Multipliers, Strategy, Streams
from codesign.config.configuration import Config
from codesign.config.keys import KEYS, LAYER_TYPES, REFUSED, Key, markdown
from codesign.config.layer import LayerConfig
from codesign.config.yaml_text import MAX_BYTES

__all__ = [
    "KEYS",
    "LAYER_TYPES",
    "MAX_BYTES",
    "REFUSED",
    "Config",
    "Key",
    "LayerConfig",
    "Multipliers",
    "Strategy",
    "Streams",
    "markdown",
]
