"""The in-process device refuses what a card would refuse, or would answer with nonsense."""

import subprocess
from pathlib import Path

import pytest

from codesign import resources
from codesign.verification import toolchain
from tests.backends.alveo.projects import HOST_FLAGS, linked

# Adds 1 to each of 4 bytes. A negative number of samples fails, 1000 and more sleep so many microseconds.
_XCLBIN = r"""
#include <unistd.h>
#include <cstdio>
extern "C" {
const char* codesign_kernel_name() { return "adder"; }
int codesign_compute_unit(int unit, const char** name) {
    *name = unit ? "adder_2" : "adder_1";
    return unit < 2;
}
int codesign_argument(int, int index, const char** name, int* kind, int* bank) {
    static const char* const names[] = {"x", "y", "samples"};
    if (index > 2) return 0;
    *name = names[index];
    *kind = index;
    *bank = index == 2 ? -1 : index;
    return 1;
}
int codesign_bank(int bank, const char** tag, long long* bytes) {
    *tag = bank ? "HBM[1]" : "HBM[0]";
    *bytes = bank ? 4096 : 64;
    return bank < 2;
}
int codesign_launch(int, void* const* memory, const long long* bytes, int samples, char* message, long long size) {
    if (samples < 0) {
        std::snprintf(message, (unsigned long)size, "a stream was read while it was empty");
        return 1;
    }
    if (samples >= 1000) usleep(unsigned(samples));
    const unsigned char* const x = static_cast<unsigned char*>(memory[0]);
    unsigned char* const y = static_cast<unsigned char*>(memory[1]);
    for (int i = 0; i < 4 && i < bytes[0] && i < bytes[1]; ++i) y[i] = static_cast<unsigned char>(x[i] + 1);
    return 0;
}
}
"""

_PROGRAM = r"""
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>
#include "open.hpp"
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

struct Opened {
    explicit Opened(const char* path, const char* name = "adder:{adder_1}")
        : device(0), uuid(device.load_xclbin(path)), kernel(device, uuid, name),
          x(device, 4, kernel.group_id(0)), y(device, 4, kernel.group_id(1)) {}
    xrt::device device;
    xrt::uuid uuid;
    xrt::kernel kernel;
    xrt::bo x, y;
};

static int sum(xrt::bo& buffer) {
    unsigned char bytes[4];
    buffer.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
    buffer.read(bytes);
    return bytes[0] + bytes[1] + bytes[2] + bytes[3];
}

static void run(const std::string& what, const char* path) {
    if (what == "empty device") xrt::device().load_xclbin(path);
    if (what == "no xclbin") xrt::bo(xrt::device(0), 4, 0);
    if (what == "other name") Opened(path, "adder:{adder_3}");
    if (what == "other kernel") Opened(path, "adder_1");
    if (what == "several units") Opened(path, "adder");
    Opened o(path);
    std::memset(o.x.map<unsigned char*>(), 7, 4);
    if (what == "other uuid") xrt::kernel(o.device, xrt::uuid(), "adder:{adder_1}");
    if (what == "second xclbin") o.device.load_xclbin(path);
    if (what == "no bank") xrt::bo(o.device, 4, 9);
    if (what == "full bank") xrt::bo(o.device, 61, 0);
    if (what == "no bytes") xrt::bo(o.device, 0, 0);
    if (what == "group of a number") o.kernel.group_id(2);
    if (what == "no argument") o.kernel.group_id(3);
    if (what == "sync past the end") o.x.sync(XCL_BO_SYNC_BO_TO_DEVICE, 4, 1);
    if (what == "sync far past the end") o.x.sync(XCL_BO_SYNC_BO_TO_DEVICE, 2, std::size_t(-1));
    unsigned char bytes[4] = {1, 2, 3, 4};
    if (what == "write past the end") o.x.write(bytes, 2, 3);
    if (what == "read past the end") o.x.read(bytes, 5, 0);
    if (what == "empty buffer") xrt::bo().map();
    if (what == "empty run") xrt::run().start();
    if (what == "no sync") {
        o.kernel(o.x, o.y, 1).wait();
        std::printf("%d", sum(o.y));  // of what was never written: 4 * 0x5b
        return;
    }
    if (what == "no sync back") {
        o.x.sync(XCL_BO_SYNC_BO_TO_DEVICE);
        o.kernel(o.x, o.y, 1).wait();
        o.y.read(bytes);
        std::printf("%d", bytes[0]);
        return;
    }
    xrt::run r(o.kernel);
    if (what == "wait before start") r.wait();
    if (what == "number for a memory") r.set_arg(0, 5);
    if (what == "buffer for a number") r.set_arg(2, o.x);
    if (what == "number of other size") r.set_arg(2, 5L);
    if (what == "other bank") r.set_arg(0, o.y);
    if (what == "other device") {
        Opened other(path);
        r.set_arg(0, other.x);
    }
    if (what == "argument missing") {
        r.set_arg(0, o.x);
        r.start();
    }
    o.x.sync(XCL_BO_SYNC_BO_TO_DEVICE);
    if (what == "start twice") {
        r(o.x, o.y, 50000);
        r.start();
    }
    if (what == "sync while running") {
        r(o.x, o.y, 50000);
        o.y.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
    }
    if (what == "argument while running") {
        r(o.x, o.y, 50000);
        r.set_arg(2, 1);
    }
    if (what == "timeout") {
        r(o.x, o.y, 200000);
        std::printf("%d", int(r.wait(std::chrono::milliseconds(20))));
        std::printf("%d", int(r.wait()));
        return;
    }
    if (what == "failure") {
        r(o.x, o.y, -1);
        std::printf("%d", int(r.wait()));
        return;
    }
    if (what == "several in flight") {
        std::vector<xrt::run> runs;
        for (int i = 0; i < 5; ++i) runs.push_back(o.kernel(o.x, o.y, 1000));
        for (const xrt::run& one : runs) std::printf("%d", int(one.wait()));
        std::printf(" %d", sum(o.y));
        return;
    }
    if (what == "left open") {
        new Opened(path);
        return;
    }
    throw std::logic_error("nothing was refused");
}

int main(int, char** argv) {
    try {
        run(argv[1], argv[2]);
    } catch (const std::runtime_error& problem) {
        std::printf("%s", problem.what());
    }
    const codesign::device::Open open = codesign::device::open();
    const bool none = !open.devices && !open.buffers && !open.kernels && !open.runs;
    return none ? 0 : 3;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, device: list[Path]) -> Path:
    folder = tmp_path_factory.mktemp("misuse")
    (folder / "misuse.cpp").write_text(_PROGRAM)
    (folder / "adder.cpp").write_text(_XCLBIN)
    compiler = toolchain.compiler()
    include = f"-I{resources.folder('hls') / 'device'}"
    toolchain.run([compiler, *HOST_FLAGS, include, "-c", "misuse.cpp", "-o", "misuse.o"], folder=folder, seconds=300)
    toolchain.run([compiler, "-shared", "-fPIC", "adder.cpp", "-o", "adder.xclbin"], folder=folder, seconds=300)
    return linked([folder / "misuse.o", *device], folder / "misuse")


def told(program: Path, what: str) -> str:
    """What the program printed; nothing is left open."""
    done = subprocess.run([program, what, program.parent / "adder.xclbin"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("empty device", "the device is not open"),
        ("no xclbin", "no xclbin is loaded on the device"),
        ("other name", "No compute units matching 'adder:{adder_3}'; the xclbin has the kernel adder"),
        ("other kernel", "No compute units matching 'adder_1'; the xclbin has the kernel adder"),
        ("several units", 'the in-process device has kernels of one compute unit, as in "adder:{adder_1}"'),
        ("other uuid", "the xclbin of that uuid is not the one that is loaded on the device"),
        ("second xclbin", "Failed to load xclbin: Device or resource busy"),
        ("no bank", "there is no memory bank 9 in the xclbin"),
        ("full bank", "failed to allocate a buffer of 61 bytes: of the 64 bytes of HBM[0], 4 are in use"),
        ("no bytes", "a buffer of 0 bytes"),
        ("group of a number", "argument samples is a number: it has no memory"),
        ("no argument", "compute unit adder_1 has no argument 3"),
        ("sync past the end", "attempting to sync past buffer size"),
        ("sync far past the end", "attempting to sync past buffer size"),
        ("write past the end", "attempting to write past buffer size"),
        ("read past the end", "attempting to read past buffer size"),
        ("empty buffer", "an empty buffer"),
        ("empty run", "an empty run"),
        ("wait before start", "compute unit adder_1 was waited for before its start"),
        ("number for a memory", "argument x is a memory, and was given a number"),
        ("buffer for a number", "argument samples is a number, and was given a buffer"),
        ("number of other size", "argument samples has 4 bytes, and was given 8"),
        ("other bank", "Kernel adder has no compute units with connectivity required for global argument at index 0: "
                       "the buffer is in bank 1, the compute unit is connected to bank 0"),
        ("other device", "argument x was given a buffer of another device"),
        ("argument missing", "argument y was not set before the launch"),
        ("start twice", "compute unit adder_1 was started before its last launch was done"),
        ("sync while running", "a buffer was synced while a launch used it"),
        ("argument while running", "argument samples was set during a launch"),
    ],
)  # fmt: skip
def test_a_misuse_of_the_card_is_refused(program: Path, what: str, answer: str) -> None:
    assert told(program, what) == answer


def test_host_and_device_have_memories_of_their_own(program: Path) -> None:
    assert told(program, "no sync") == str(4 * 0x5B)
    assert told(program, "no sync back") == str(0xA5)


def test_launches_end_in_their_order_with_the_states_of_xrt(program: Path) -> None:
    assert told(program, "several in flight") == f"44444 {4 * 8}"
    assert told(program, "timeout") == "84"
    assert told(program, "failure") == "5"


def test_what_is_left_open_is_counted_and_told(program: Path) -> None:
    command = [program, "left open", program.parent / "adder.xclbin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == "in-process device: left open: 1 devices, 2 buffers, 1 kernels, 0 runs\n"
