"""Small sources outside the HLS subset, by what was planted: what the check must say of each."""

from tests.tools.planted.dataflow import DATAFLOW
from tests.tools.planted.language import LANGUAGE
from tests.tools.planted.loops import LOOPS
from tests.tools.planted.pragmas import PRAGMAS
from tests.tools.planted.source import CLEAN

PLANTED = LANGUAGE | LOOPS | PRAGMAS | DATAFLOW
assert len(PLANTED) == sum(map(len, (LANGUAGE, LOOPS, PRAGMAS, DATAFLOW)))

__all__ = ["CLEAN", "PLANTED"]
