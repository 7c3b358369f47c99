"""The design on an Alveo card, from Python: a class, and a program that reads and writes .npy.

    with Card(Design.read("design.json"), "network.xclbin") as card:
        scores = card.run(jets)                      # numbers (samples, ...) in, float64 out

    python3 codesign_alveo.py network.xclbin --check vectors --input jets.npy --output scores.npy --batch 100

It needs numpy and pyxrt, which comes with XRT, and no other part of the compiler: copy its folder to the machine that
has the card. Of pyxrt it uses `run` objects, whose `set_arg` tells of a wrong argument, and not the call of a kernel,
which hides it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from codesign_host import STATUS_BYTES, Design, HostError
from codesign_runner import TIMEOUT_S, Runner, Slot, arguments, forget, program

IN_FLIGHT = 2
"""Launches of a compute unit that are on their way at a time: the host packs one while the card runs the other."""


class CardSlot(Slot):
    """A run of a compute unit and its buffers."""

    def __init__(self, card: Card, unit: str) -> None:
        super().__init__()
        xrt, design, kernel = card.xrt, card.design, card.kernels[unit]
        self.xrt, self.design, self.unit = xrt, design, unit
        sizes = [port.byte_count(card.batch) for port in (*design.inputs, *design.outputs)]
        self.buffers = [
            xrt.bo(card.device, size, xrt.bo.normal, kernel.group_id(i))
            for i, size in enumerate((*sizes, STATUS_BYTES))
        ]
        self.run = xrt.run(kernel)
        for i, buffer in enumerate(self.buffers):
            self.run.set_arg(i, buffer)
        self.launched = 0.0

    def launch(self, codes: Sequence[np.ndarray]) -> None:
        for port, x, buffer in zip(self.design.inputs, codes, self.buffers):
            data = port.pack(x)
            buffer.write(data, 0)
            buffer.sync(self.xrt.xclBOSyncDirection.XCL_BO_SYNC_BO_TO_DEVICE, data.size, 0)
        self.run.set_arg(len(self.buffers), len(codes[0]) if codes else 0)
        self.launched = perf_counter()
        self.run.start()

    def wait(self) -> float:
        state = self.run.wait(1000 * TIMEOUT_S)
        seconds = perf_counter() - self.launched
        if state != self.xrt.ert_cmd_state.ERT_CMD_STATE_COMPLETED:
            raise HostError(
                f"{self.unit}: a launch ended as {getattr(state, 'name', state)}, expected ERT_CMD_STATE_COMPLETED "
                f"within {TIMEOUT_S} s; look at the card with `xbutil examine`"
            )
        return seconds

    def results(self, samples: int) -> list[np.ndarray]:
        first = len(self.design.inputs)
        return [
            port.unpack(self._copied(buffer, port.byte_count(samples)), samples)
            for port, buffer in zip(self.design.outputs, self.buffers[first:])
        ]

    def status(self) -> np.ndarray:
        return self._copied(self.buffers[-1], STATUS_BYTES).view("<u4")

    def release(self) -> None:
        if self.range is not None:
            self.run.wait(1000 * TIMEOUT_S)  # nothing is taken away from under a launch
        self.range = None
        self.run = None
        self.buffers = []

    def _copied(self, buffer: Any, size: int) -> np.ndarray:
        buffer.sync(self.xrt.xclBOSyncDirection.XCL_BO_SYNC_BO_FROM_DEVICE, size, 0)
        found: np.ndarray = np.asarray(buffer.read(size, 0)).view(np.uint8)
        return found


class Card(Runner):
    """The design on card number `device`. `units` compute units are used (all by default), `batch` samples are the most
    of one launch.

    HostError where there is no card or no XRT, and for an xclbin of another design, which the kernel's name or its
    digest betrays.
    """

    def __init__(
        self,
        design: Design,
        xclbin: str | Path,
        *,
        device: int = 0,
        units: int | None = None,
        batch: int | None = None,
    ) -> None:
        super().__init__(design, batch)
        count = len(design.units) if units is None else units
        if not 1 <= count <= len(design.units):
            raise HostError(f"{count} compute units; the xclbin has {len(design.units)}: {', '.join(design.units)}")
        if not Path(xclbin).is_file():
            raise HostError(f"{xclbin}: there is no such xclbin")
        self.xrt = _pyxrt()
        self.emulated = bool(getattr(self.xrt, "IN_PROCESS", False))
        self.kernels: dict[str, Any] = {}
        self.device: Any = None
        try:
            self._open(str(xclbin), device, design.units[:count])
        except BaseException as error:
            self.close()
            forget(error)
            raise

    def close(self) -> None:
        """Releases runs, buffers, kernels and the device, in this order."""
        super().close()
        self.kernels = {}
        self.device = None

    def _open(self, xclbin: str, device: int, units: Sequence[str]) -> None:
        try:
            self.device = self.xrt.device(device)
        except RuntimeError as error:
            raise HostError(f"device {device} cannot be opened: {error}; `xbutil examine` lists the cards") from error
        try:
            uuid = self.device.load_xclbin(xclbin)
        except RuntimeError as error:
            raise HostError(
                f"{xclbin}: it cannot be loaded: {error}; was it linked for this card's platform?"
            ) from error
        for unit in units:
            name = f"{self.design.kernel}:{{{unit}}}"
            try:
                self.kernels[unit] = self.xrt.kernel(self.device, uuid, name, self.xrt.kernel.exclusive)
            except RuntimeError as error:
                raise HostError(
                    f"{xclbin}: it has no compute unit {name} ({error}); use the xclbin that was linked in the project "
                    f"of this host"
                ) from error
        try:
            for unit in list(units) * IN_FLIGHT:
                self.slots.append(CardSlot(self, unit))
        except (RuntimeError, MemoryError) as error:
            raise HostError(
                f"{xclbin}: the buffers of {self.batch} samples cannot be made: {error}; try a smaller batch"
            ) from error
        for slot, unit in zip(self.slots, units):
            self.check_status(slot, f"{xclbin}, {unit}")


def _pyxrt() -> Any:
    try:
        import pyxrt
    except ImportError as error:
        raise HostError(
            f"pyxrt was not found ({error}): it comes with XRT; `source /opt/xilinx/xrt/setup.sh`, and use the Python "
            f"that XRT was built for"
        ) from error
    return pyxrt


def main(words: Sequence[str] | None = None) -> int:
    """The program; gives its exit code."""
    parser = arguments(__doc__)
    parser.add_argument("xclbin")
    parser.add_argument("--compute-units", type=int, help="how many are used (all)")
    parser.add_argument("--device", type=int, default=0, help="the number of the card")
    options = parser.parse_args(words)
    units, batch = options.compute_units, options.batch
    return program(options, lambda d: Card(d, options.xclbin, device=options.device, units=units, batch=batch))


if __name__ == "__main__":
    sys.exit(main())
