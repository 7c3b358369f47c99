"""Parses Keras files for `apart.py`, one after the other, until its standard input ends.

The first line of the input is where Python's modules are. Then, for each file, a line of JSON says its kind and length,
and its bytes follow. The answer is a line of JSON, and behind it the bytes of the arrays that it lists.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def main() -> None:
    """Answers until there are no more files."""
    sys.path[:] = json.loads(sys.stdin.buffer.readline())
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        told, arrays = _answer(sys.stdin.buffer.read(asked["bytes"]), asked["zipped"])
        sys.stdout.buffer.write(told.encode() + b"\n")
        for x in arrays:
            sys.stdout.buffer.write(x.tobytes())
        sys.stdout.buffer.flush()


def _answer(data: bytes, zipped: bool) -> tuple[str, list[np.ndarray]]:
    """The line of the answer, and the arrays in it, in their order."""
    import zipfile
    import zlib

    from codesign.errors import LayerError
    from codesign.frontends.keras.parsing import parse

    try:
        found = parse(data, zipped)
        weights = [
            [layer, [[name, x.dtype.str, x.shape] for name, x in arrays.items()]]
            for layer, arrays in found.weights.items()
        ]
        told = {"config": found.config, "version": found.version, "numbered": found.numbered, "weights": weights}
        return json.dumps(told), [x for arrays in found.weights.values() for x in arrays.values()]
    except LayerError as error:
        return json.dumps({"refused": str(error)}), []
    except (
        OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, zipfile.BadZipFile,
        zlib.error,
    ) as error:  # fmt: skip
        # What h5py and zipfile raise for a file that is damaged inside.
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return json.dumps({"damaged": reason}), []


if __name__ == "__main__":
    main()
