"""codesign: a trained, quantized network in, verified hardware out.

    import codesign
    compiled = codesign.compile("model.onnx", target="u50")
    compiled.csim(x)

Everything heavy is imported at the first use, so that `import codesign` is quick.
"""

from typing import TYPE_CHECKING

from codesign.errors import CodesignError, ConfigError, IRError, ModelError, OutputError, TargetError, ToolError

if TYPE_CHECKING:
    from codesign.compiler.area import AreaFound, area
    from codesign.compiler.compile import Compiled, compile
    from codesign.compiler.cosim import Cosimulation, cosim
    from codesign.compiler.show import show
    from codesign.compiler.verify import verify

__version__ = "0.1.0"

__all__ = [
    "AreaFound", "CodesignError", "Compiled", "ConfigError", "Cosimulation", "IRError", "ModelError", "OutputError",
    "TargetError", "ToolError", "area", "compile", "cosim", "show", "verify",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in ("AreaFound", "Compiled", "Cosimulation", "area", "compile", "cosim", "show", "verify"):
        from codesign import compiler

        return getattr(compiler, name)
    raise AttributeError(f"module 'codesign' has no attribute {name!r}")
