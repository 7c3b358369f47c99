"""What the user sees when something is wrong: one message on stderr and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from codesign.errors import CodesignError

WRONG_INPUT = 2
"""The model, the configuration, the budget or the machine: the message says what to do."""
OUR_FAULT = 3
INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


@contextmanager
def errors_reported(context: typer.Context) -> Iterator[None]:
    """Turns what goes wrong inside into a message and an exit code; with `--debug` the traceback comes too."""
    debug = bool(context.obj)
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        _say("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except CodesignError as error:
        _say(f"error: {error}", error if debug else None)
        raise typer.Exit(WRONG_INPUT) from None
    except OSError as error:
        _say(f"error: {error.filename or 'the system'}: {error.strerror or error}", error if debug else None)
        raise typer.Exit(WRONG_INPUT) from None
    except Exception as error:  # the outermost frame: every other error is a mistake of ours, and is shown as one
        hint = "" if debug else " together with what `codesign --debug` adds"
        kind = type(error).__name__
        message = f"internal error: {kind}: {error}\nThis is a mistake in codesign; please report it{hint}."
        _say(message, error if debug else None)
        raise typer.Exit(OUR_FAULT) from None


def _say(message: str, error: BaseException | None = None) -> None:
    from codesign.report.text import printable

    if error is not None:
        sys.stderr.write(printable("".join(traceback.format_exception(error))))
    sys.stderr.write(printable(f"codesign: {message}") + "\n")
