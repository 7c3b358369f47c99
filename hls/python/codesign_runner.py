"""Batches over whatever runs a design: launches in flight, times, vectors, and the program around them.

`codesign_alveo.py` and `driver.py` say how a launch is made; everything else is the same for a card and a board.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from codesign_host import Design, HostError, batches, differences, summary

HERE = Path(__file__).resolve().parent

TIMEOUT_S = 60
"""No launch takes so long, so one that does has hung."""


class Times:
    """Seconds of each batch: those of its launch until its end was seen, and those of all that was done for it."""

    def __init__(self) -> None:
        self.kernel: list[float] = []
        self.end_to_end: list[float] = []


class Slot:
    """The buffers of one launch on its way."""

    def __init__(self) -> None:
        self.range: tuple[int, int] | None = None
        """The samples that it is running."""
        self.began = 0.0

    def launch(self, codes: Sequence[np.ndarray]) -> None:
        """Packs `codes`, one array for each input, and starts; with none it starts without samples."""
        raise NotImplementedError

    def wait(self) -> float:
        """Seconds from the launch to its end; HostError where it fails or takes too long."""
        raise NotImplementedError

    def results(self, samples: int) -> list[np.ndarray]:
        """The codes of each output."""
        raise NotImplementedError

    def status(self) -> np.ndarray:
        """The six words that the hardware says of itself."""
        raise NotImplementedError

    def release(self) -> None:
        """Gives the buffers back."""
        raise NotImplementedError


Self = TypeVar("Self", bound="Runner")


class Runner:
    """A design on hardware, released by `close`, or at the end of a `with`, however that ends.

    `slots` is filled by whoever makes one; `batch` samples are the most of one launch.
    """

    emulated = False
    """Whether something in this process stands for the hardware, so that times are those of this machine."""

    def __init__(self, design: Design, batch: int | None) -> None:
        self.design = design
        self.batch = design.check_batch(min(1024, design.max_samples) if batch is None else batch)
        self.slots: list[Slot] = []

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        forget(error)

    def close(self) -> None:
        """Waits for what is on its way and releases everything, whatever becomes of it."""
        try:
            while self.slots:
                self.slots.pop().release()
        finally:
            if self.slots:
                self.close()

    def check_status(self, slot: Slot, place: str) -> None:
        """HostError unless the hardware of `slot` is this design."""
        slot.launch([])
        slot.wait()
        self.design.check_status(slot.status(), place)

    def launch_only(self, count: int) -> list[float]:
        """Seconds of launches without samples, one after the other: what a launch costs by itself."""
        seconds = []
        self._settle()
        for k in range(count):
            slot = self._slot(k)
            slot.launch([])
            seconds.append(slot.wait())
        return seconds

    def run(self, *inputs: Any) -> np.ndarray | list[np.ndarray]:
        """The outputs (samples, ...) as float64 for arrays of numbers, one for each input; a list where there are
        several. Batches take turns on the hardware, with launches in flight."""
        found, _ = self.timed(inputs)
        return found[0] if len(found) == 1 else found

    def timed(self, inputs: Sequence[Any], in_flight: bool = True) -> tuple[list[np.ndarray], Times]:
        """The outputs as a list, and the times of each batch; one launch at a time unless `in_flight`."""
        arrays = [np.asarray(x) for x in inputs]
        self.design.encode([x[:0] if x.ndim else x for x in arrays])  # shapes and types, before anything starts
        self.design.sample_count(arrays)
        return self._pipeline(arrays, True, in_flight)

    def run_codes(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The codes of the outputs for codes of the inputs, as the hardware has them."""
        self.design.sample_count(inputs)
        return self._pipeline(inputs, False, True)[0]

    def _pipeline(self, inputs: Sequence[np.ndarray], numbers: bool, in_flight: bool) -> tuple[list[np.ndarray], Times]:
        design, times = self.design, Times()
        dtype = np.float64 if numbers else np.int64
        found = [np.empty((len(inputs[0]), *port.inside), dtype=dtype) for port in design.outputs]
        waiting: list[Slot] = []

        def collect() -> None:
            slot = waiting.pop(0)
            assert slot.range is not None
            start, stop = slot.range
            slot.range = None
            times.kernel.append(slot.wait())
            for out, port, codes in zip(found, design.outputs, slot.results(stop - start)):
                out[start:stop] = port.decode(codes) if numbers else codes
            times.end_to_end.append(perf_counter() - slot.began)

        self._settle()
        for k, (start, stop) in enumerate(batches(len(inputs[0]), self.batch)):
            slot = self._slot(k)
            if slot.range is not None:
                collect()
            slot.began = perf_counter()
            part = [x[start:stop] for x in inputs]
            slot.launch(design.encode(part, start) if numbers else part)
            slot.range = (start, stop)
            waiting.append(slot)
            if not in_flight:
                collect()
        while waiting:
            collect()
        return found, times

    def _settle(self) -> None:
        """Waits for what a call that failed, or was interrupted, left on its way."""
        for slot in self.slots:
            if slot.range is not None:
                slot.range = None
                slot.wait()

    def _slot(self, number: int) -> Slot:
        if not self.slots:
            raise HostError("the hardware was released; open it again")
        return self.slots[number % len(self.slots)]


def forget(error: BaseException | None) -> None:
    """Lets go of what the frames of an error hold: a notebook keeps the last error, and with it the buffers."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def check(runner: Runner, folder: str) -> None:
    """Runs the vectors in `folder`; HostError with the first difference of each output."""
    inputs, expected = runner.design.vectors(folder)
    wrong = differences(runner.design.outputs, runner.run_codes(inputs), expected)
    if wrong:
        raise HostError("the hardware differs from the vectors:\n" + "\n".join(wrong))
    print(f"{len(inputs[0])} vectors agree")


def measure(runner: Runner, arrays: Sequence[np.ndarray], repeat: int) -> list[np.ndarray]:
    """Prints times of launches, of batches one at a time, and of all with launches in flight; gives the outputs."""
    samples = runner.design.sample_count(arrays)
    if samples == 0:
        raise HostError("there are no samples")
    outputs: list[np.ndarray] = []
    kernel: list[float] = []
    end_to_end: list[float] = []
    for _ in range(repeat):
        _, times = runner.timed(arrays, in_flight=False)
        kernel += times.kernel
        end_to_end += times.end_to_end
    began = perf_counter()
    for _ in range(repeat):
        outputs, _ = runner.timed(arrays)
    seconds = perf_counter() - began
    print(f"{samples} samples in batches of {min(runner.batch, samples)}, {repeat} times")
    if runner.emulated:
        print("no card: a device in this process, and the times of this machine")
    print(summary("launch without samples", runner.launch_only(100)))
    print(summary("kernel, of a batch", kernel))
    print(summary("end to end, of a batch", end_to_end))
    print(f"{'with launches in flight':<28} {repeat * samples / seconds:,.0f} samples/s, end to end")
    return outputs


def named_arrays(design: Design, given: Sequence[str]) -> list[np.ndarray]:
    """The arrays of the files in `given`, written `x.npy` for a design of one input, else `input=x.npy`, in the order
    of the design's inputs."""
    names = [port.name for port in design.inputs]
    found: dict[str, np.ndarray] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals and len(names) == 1:
            name, path = names[0], text
        if name not in names or name in found:
            raise HostError(f"--input {text}: write <input>=<file.npy>, each once, for the inputs {', '.join(names)}")
        try:
            loaded = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise HostError(f"{path}: it cannot be read as .npy: {error}") from error
        if not isinstance(loaded, np.ndarray):
            raise HostError(f"{path}: an archive of several arrays; a single .npy is expected")
        found[name] = loaded
    missing = [name for name in names if name not in found]
    if missing:
        raise HostError(f"the design has the inputs {', '.join(names)}; there is no --input for {', '.join(missing)}")
    return [found[name] for name in names]


def save(design: Design, place: str, outputs: Sequence[np.ndarray]) -> None:
    """One .npy, or <output>.npy in a folder where there are several outputs."""
    path = Path(place)
    try:
        if len(outputs) == 1:
            with path.open("wb") as file:
                np.save(file, outputs[0])
            return
        path.mkdir(parents=True, exist_ok=True)
        for port, values in zip(design.outputs, outputs):
            np.save(path / f"{port.name}.npy", values)
    except OSError as error:
        raise HostError(f"{path}: the results cannot be written: {error.strerror}") from error


def arguments(about: str | None) -> argparse.ArgumentParser:
    """The options that a card and a board have in common."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", action="append", default=[], help="x.npy, or <input>=x.npy for each of several")
    parser.add_argument("--output", help="where the results go: a .npy, or a folder where there are several outputs")
    parser.add_argument("--check", metavar="FOLDER", help="compare with the vectors in this folder first (tb/vectors)")
    parser.add_argument("--batch", type=int, help="samples of one launch (the most that fit, up to 1024)")
    parser.add_argument("--repeat", type=int, default=10, help="how often the inputs are run for the times (10)")
    parser.add_argument("--design", default=str(HERE / "design.json"), help="the numbers of the design")
    return parser


def program(options: argparse.Namespace, opened: Callable[[Design], Runner]) -> int:
    """What the options ask for, on the hardware that `opened` gives for a design; the exit code."""
    try:
        design = Design.read(options.design)
        if not options.input and options.check is None:
            raise HostError("nothing to do: give --input, --check or both")
        if options.repeat < 1:
            raise HostError(f"--repeat {options.repeat}: expected at least 1")
        arrays = named_arrays(design, options.input) if options.input else []
        with opened(design) as runner:
            if options.check is not None:
                check(runner, options.check)
            if arrays:
                outputs = measure(runner, arrays, options.repeat)
                if options.output is not None:
                    save(design, options.output, outputs)
    except HostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
