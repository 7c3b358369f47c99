"""Settings of a checkpoint, read and refused."""

import re

import pytest

from codesign.errors import ModelError
from codesign.gpu.spvcnn.settings import Settings

from .clouds import SMALL

SETTINGS = Settings(SMALL, inputs=4, classes=3, nearest=True, dropout=0.1)


def test_settings_are_read_as_they_were_written() -> None:
    assert Settings.read(SETTINGS.mapping()) == SETTINGS


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("channels", [32] * 8, "channels is [32, 32, 32, 32, 32, 32, ...], expected a list of 9 numbers"),
        ("channels", [32] * 8 + [0], "channels is 0, expected an integer in 1..4096"),
        ("inputs", 4.5, "inputs is 4.5, expected an integer"),
        ("nearest", 1, "nearest is 1, expected true or false"),
        ("dropout", 1.0, "dropout is 1.0, expected a number in 0..0.99"),
        ("resolution", [1.0, 0.0, 1.0], "resolution is 0.0, expected a number in 1e-12..1e+12"),
        ("size", [4, 4], "size is [4, 4], expected a list of 3 numbers"),
        ("depth", 5, "the key 'depth' is not known"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(key: str, value: object, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        Settings.read(SETTINGS.mapping() | {key: value}, "model.yaml")


def test_a_missing_setting_is_refused_by_name() -> None:
    found = {k: v for k, v in SETTINGS.mapping().items() if k != "classes"}
    with pytest.raises(ModelError, match=r"model.yaml: the setting classes is missing"):
        Settings.read(found, "model.yaml")
