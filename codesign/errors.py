"""The two kinds of error: the user's model or request is wrong, or this compiler is."""

import zlib
from tokenize import TokenError
from zipfile import BadZipFile

UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, MemoryError, SyntaxError, TokenError, BadZipFile, zlib.error)
"""What numpy raises, when it opens a .npy or .npz file or when it unpacks an array of it, where the file is none, is
damaged or encrypted, or says of itself that it is larger than memory."""


class CodesignError(Exception):
    """The model, the configuration or the budget is wrong: the message names the place and the cure."""


class ModelError(CodesignError):
    """The model file cannot be compiled as it is."""


class ConfigError(CodesignError):
    """The configuration asks for something that does not exist or cannot be."""


class TargetError(CodesignError):
    """The target is unknown, or the network does not fit it.

    Where it is not met by a number, `excess` is by what factor: of what is needed over what there is, or of cycles.
    """

    def __init__(self, message: str, excess: float | None = None) -> None:
        super().__init__(message)
        self.excess = excess


class ToolError(CodesignError):
    """A program that is needed (g++, a vendor tool) is missing or failed."""


class OutputError(CodesignError):
    """The output folder cannot be written as asked."""


class DataError(CodesignError):
    """A file of events, graphs or showers, or an array of them, is not what it has to be."""


class ReportError(CodesignError):
    """A report of a vendor's tool is cut, of no known layout, or of another design."""


class IRError(Exception):
    """The compiler broke one of its own rules; the message names the pass or layer that did."""


class LayerError(CodesignError):
    """A layer does not fit its inputs; the graph adds the name of the node."""
