"""From a model file to a verified project folder: what the commands and the Python interface do."""

from codesign.compiler.area import AreaFound, area
from codesign.compiler.compile import Compiled, compile
from codesign.compiler.cosim import Cosimulation, cosim
from codesign.compiler.show import show
from codesign.compiler.verify import verify

__all__ = ["AreaFound", "Compiled", "Cosimulation", "area", "compile", "cosim", "show", "verify"]
