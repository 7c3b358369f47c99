"""The programs that verification runs: found, run with a time limit, and their failures told in a few lines."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from codesign.errors import ToolError

_SHOWN_LINES = 20


def compiler() -> str:
    """The path of the C++ compiler: the environment's CXX, or g++. ToolError if there is none."""
    wanted = os.environ.get("CXX", "").strip() or "g++"
    found = shutil.which(wanted)
    if found is None:
        if wanted == "g++":
            raise ToolError("g++ was not found; install it, e.g. `apt-get install g++` or `dnf install gcc-c++`")
        raise ToolError(f"the C++ compiler {wanted!r}, which the variable CXX names, was not found; unset CXX for g++")
    return found


def ap_include() -> Path:
    """The folder of ap_int.h and its companions, from the da4ml package, which is not imported for it."""
    spec = importlib.util.find_spec("da4ml")
    if spec is not None and spec.submodule_search_locations:
        for place in spec.submodule_search_locations:
            folder = Path(place) / "codegen" / "hls" / "source" / "ap_types" / "include"
            if (folder / "ap_int.h").is_file():
                return folder
    raise ToolError("ap_int.h was not found; it comes with the package da4ml: `pip install da4ml`")


def run(
    command: Sequence[str | Path], *, folder: Path | None = None, seconds: float, extra: Mapping[str, str] | None = None
) -> str:
    """What `command` wrote to standard output; ToolError with its last lines if it fails or takes too long."""
    words = [str(word) for word in command]
    name = Path(words[0]).name
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolError(f"{name} was not found; install it or put it on PATH") from error
    except PermissionError as error:
        raise ToolError(f"{words[0]} cannot be executed") from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{name} took longer than {seconds:g} s and was stopped") from error
    if done.returncode != 0:
        raise ToolError(f"{name} failed ({reason(done.returncode)}):\n{excerpt(done.stderr or done.stdout)}")
    return done.stdout


def excerpt(text: str) -> str:
    """The first lines that speak of an error, or the last lines where none does."""
    lines = [line[:300] for line in text.strip().splitlines()]
    first = next((i for i, line in enumerate(lines) if "error" in line.lower()), None)
    shown = lines[-_SHOWN_LINES:] if first is None else lines[first : first + _SHOWN_LINES]
    return "\n".join(f"  {line}" for line in shown)


def reason(code: int) -> str:
    """How a program ended that failed."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"
