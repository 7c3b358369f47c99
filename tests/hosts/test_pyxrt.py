"""The stand-in for pyxrt refuses what a card would do wrong in silence."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from tests.hosts.conftest import Project
from tests.hosts.modules import module

pyxrt = module("pyxrt", "device")

TO, FROM = pyxrt.xclBOSyncDirection.XCL_BO_SYNC_BO_TO_DEVICE, pyxrt.xclBOSyncDirection.XCL_BO_SYNC_BO_FROM_DEVICE


class Opened:
    """A device with the kernel, and a buffer for each memory."""

    def __init__(self, xclbin: Path, size: int = 4096) -> None:
        self.device = pyxrt.device(0)
        uuid = self.device.load_xclbin(str(xclbin))
        self.kernel = pyxrt.kernel(self.device, uuid, "net_kernel:{net_kernel_1}", pyxrt.kernel.exclusive)
        self.buffers = [pyxrt.bo(self.device, size, pyxrt.bo.normal, self.kernel.group_id(i)) for i in range(5)]
        self.run = pyxrt.run(self.kernel)

    def arguments(self, samples: int = 0) -> None:
        for i, buffer in enumerate(self.buffers):
            self.run.set_arg(i, buffer)
        self.run.set_arg(5, samples)


@pytest.fixture
def card(ports_card: tuple[Project, Path]):
    yield Opened(ports_card[1])
    gc.collect()


def test_memory_moves_only_by_sync(card: Opened) -> None:
    buffer = card.buffers[0]
    assert set(buffer.read(8, 0).view(np.uint8).tolist()) == {0xA5}
    buffer.write(np.arange(8, dtype=np.uint8), 4)
    buffer.sync(FROM, 8, 4)
    assert set(buffer.read(8, 4).view(np.uint8).tolist()) == {0x5A}
    buffer.write(np.arange(8, dtype=np.uint8), 4)
    buffer.sync(TO, 8, 4)
    buffer.write(np.zeros(8, dtype=np.uint8), 4)
    buffer.sync(FROM, 8, 4)
    found = buffer.read(8, 4)
    assert found.dtype == np.int8
    assert found.tolist() == list(range(8))


def test_a_launch_is_done_when_it_is_waited_for(card: Opened) -> None:
    card.arguments()
    card.run.start()
    with pytest.raises(RuntimeError, match="a buffer is copied while a launch that uses it is not done"):
        card.buffers[4].sync(FROM, 24, 0)
    with pytest.raises(RuntimeError, match="an argument is set while the launch is not done"):
        card.run.set_arg(5, 1)
    with pytest.raises(RuntimeError, match="started again before somebody waited"):
        card.run.start()
    assert card.run.wait(0) is pyxrt.ert_cmd_state.ERT_CMD_STATE_COMPLETED
    card.buffers[4].sync(FROM, 24, 0)
    assert card.buffers[4].read(24, 0).view("<u4")[5] == 200


def test_waiting_does_all_that_was_started_before(card: Opened) -> None:
    other = pyxrt.run(card.kernel)
    card.arguments()
    for i, buffer in enumerate(card.buffers):
        other.set_arg(i, buffer)
    other.set_arg(5, 0)
    card.run.start()
    other.start()
    assert other.wait(1000) == pyxrt.ert_cmd_state.ERT_CMD_STATE_COMPLETED
    assert card.run.wait(1000) == pyxrt.ert_cmd_state.ERT_CMD_STATE_COMPLETED


def test_a_buffer_that_is_too_small_for_the_samples_fails_the_launch(
    ports_card: tuple[Project, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    card = Opened(ports_card[1], 64)
    card.arguments(100)
    card.run.start()
    assert card.run.wait(1000) is pyxrt.ert_cmd_state.ERT_CMD_STATE_ERROR
    assert "net_kernel_1: the buffer is too small" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda c: c.run.wait(0), "waited for before it is started"),
        (lambda c: c.run.start(), "the kernel is started without its argument x"),
        (lambda c: c.run.set_arg(0, c.buffers[1]), "the buffer of argument x is in bank 1, expected bank 0"),
        (lambda c: c.run.set_arg(0, 3), "argument x is a memory"),
        (lambda c: c.run.set_arg(5, c.buffers[0]), "argument samples is an int"),
        (lambda c: c.run.set_arg(5, 1 << 31), "argument samples is an int"),
        (lambda c: c.run.set_arg(6, 1), "kernel net_kernel has no argument 6"),
        (lambda c: c.kernel.group_id(5), "argument samples of kernel net_kernel is no memory"),
        (lambda c: c.kernel.group_id(9), "kernel net_kernel has no argument 9"),
        (lambda c: c.buffers[0].read(8, 4090), "bytes 4090 to 4098 of a buffer of 4096 bytes"),
        (lambda c: c.buffers[0].sync("to", 8, 0), "incompatible function arguments: direction"),
        (lambda c: pyxrt.bo(c.device, 0, pyxrt.bo.normal, 0), "bad allocation: 0 bytes in group 0"),
        (lambda c: pyxrt.bo(c.device, 8, pyxrt.bo.normal, 4), "bad allocation: 8 bytes in group 4"),
        (lambda c: pyxrt.bo(c.device, 1 << 21, pyxrt.bo.normal, 0), r"HBM\[0\] has \d+ left"),
        (lambda c: pyxrt.device(1), "Could not open device with index '1'"),
        (lambda c: c.device.load_xclbin(Path("x")), "a str is expected"),
        (lambda c: pyxrt.kernel(c.device, pyxrt.uuid("x"), "net_kernel", 0), "the xclbin of that uuid is not loaded"),
    ],
)
def test_what_is_wrong_is_said(misuse, message: str, card: Opened) -> None:
    with pytest.raises((RuntimeError, TypeError, IndexError), match=message):
        misuse(card)


def test_what_is_open_is_counted(ports_card: tuple[Project, Path]) -> None:
    gc.collect()
    before = pyxrt.still_open()
    card = Opened(ports_card[1])
    assert pyxrt.still_open() == {
        "device": before["device"] + 1, "kernel": before["kernel"] + 1, "bo": before["bo"] + 5,
        "run": before["run"] + 1,
    }  # fmt: skip
    used = card.device._used
    assert sum(used.values()) == 5 * 4096
    card.buffers.clear()
    gc.collect()
    assert sum(used.values()) == 0
    del card
    gc.collect()
    assert pyxrt.still_open() == before
