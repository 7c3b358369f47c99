"""Random networks for property tests: `networks()` as a front end leaves them, `typed_networks()` as lowering takes
them.

A layer joins by one small function in one of the lists (`BETWEEN`, `QUANTIZERS`, `LINEAR`, ...): it draws its
parameters, appends its nodes to the draft, and gives the name of the last; where it does not fit the tensor it
finds, it gives that tensor's name back.
"""

from tests.strategies.draft import Draft, Step
from tests.strategies.front_end import AFTER, BETWEEN, ENDS, LINEAR, QUANTIZERS, networks
from tests.strategies.moves import reshape, transpose
from tests.strategies.scales import numbers, steps
from tests.strategies.typed import TYPED, TYPED_ENDS, typed_networks

__all__ = [
    "AFTER",
    "BETWEEN",
    "ENDS",
    "LINEAR",
    "QUANTIZERS",
    "TYPED",
    "TYPED_ENDS",
    "Draft",
    "Step",
    "networks",
    "numbers",
    "reshape",
    "steps",
    "transpose",
    "typed_networks",
]
