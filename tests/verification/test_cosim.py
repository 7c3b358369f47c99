"""The simulation from Python: the same integers however it is driven, its cycles, and why it does not end."""

import time
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ToolError
from codesign.verification.cosim import Cosim, Sink, Source, Stuck
from codesign.verification.vectors import random_codes
from tests.rtl.cosimulated import PACINGS, assert_as_modelled
from tests.verification.forks import BEATS, diamond, project, tree, with_depth

SAMPLES = 40


@pytest.fixture(scope="module")
def cosim(tmp_path_factory: pytest.TempPathFactory) -> Cosim:
    """A simulation that tests only run."""
    return Cosim(project(tree(), tmp_path_factory.mktemp("cosim") / "a project"))


@pytest.fixture(scope="module")
def codes() -> list[np.ndarray]:
    return random_codes(tree(), SAMPLES)


@pytest.mark.parametrize(("source", "sink"), [*PACINGS, (Source.UNTHROTTLED, Sink.RANDOM), (Source.RANDOM, Sink.READY)])
def test_the_integers_are_those_of_the_design(
    source: Source, sink: Sink, cosim: Cosim, codes: list[np.ndarray]
) -> None:
    for seed in (0, 1):
        run = cosim.run(codes, source, sink, seed=seed)
        for found, wanted in zip(run.outputs, tree().evaluate(codes), strict=True):
            assert found.shape == wanted.shape
            np.testing.assert_array_equal(found, wanted)


def test_the_cycles_are_those_of_the_model(cosim: Cosim, codes: list[np.ndarray]) -> None:
    run = cosim.run(codes)
    assert_as_modelled(run, tree(), 200)
    assert (run.interval, run.latency, run.steady_latency) == (BEATS, 8, 8)
    assert run.processes["fork"].busy == SAMPLES * BEATS
    assert run.shown == (0, 1, 2, SAMPLES - 1)
    assert run.processes["fork"].starts == (1, 5, 9, 1 + (SAMPLES - 1) * BEATS)
    assert all(p.starved == p.blocked == 0 for p in run.processes.values())
    assert all(s.full == s.reader_waited == s.writer_waited == 0 for s in run.streams.values())


def test_a_slower_source_makes_the_processes_wait(cosim: Cosim, codes: list[np.ndarray]) -> None:
    run = cosim.run(codes, interval=BEATS + 3)
    assert run.interval == BEATS + 3
    assert run.latency == 8
    for name, stream in (("fork", "x"), ("copy", "b")):
        assert run.processes[name].starved == run.streams[stream].reader_waited == 3 * (SAMPLES - 1)


def test_stalls_of_the_outputs_fill_the_streams(cosim: Cosim, codes: list[np.ndarray]) -> None:
    run = cosim.run(codes, Source.UNTHROTTLED, Sink.RANDOM)
    assert all(s.most == s.depth for s in run.streams.values())
    assert all(s.full > 0 for s in run.streams.values())
    assert run.processes["copy"].blocked >= run.streams["c"].writer_waited > 0
    assert run.processes["copy"].starved == 0 or run.streams["b"].reader_waited > 0
    other = cosim.run(codes, Source.UNTHROTTLED, Sink.RANDOM, seed=7)
    assert other.cycles != run.cycles
    assert cosim.run(codes, Source.UNTHROTTLED, Sink.RANDOM).cycles == run.cycles


def test_one_sample_has_a_latency_and_no_interval(cosim: Cosim, codes: list[np.ndarray]) -> None:
    run = cosim.run([c[:1] for c in codes])
    assert (run.latency, run.interval, run.shown) == (8, None, (0,))
    assert cosim.run([c[:2] for c in codes]).interval == BEATS
    assert cosim.run([c[:3] for c in codes]).interval == BEATS


def test_a_folder_may_be_named_from_where_one_is(
    cosim: Cosim, codes: list[np.ndarray], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(cosim.project.parent)
    here = Cosim(Path(cosim.project.name))
    np.testing.assert_array_equal(here.run(codes, vcd=Path("waves.vcd")).outputs[0], tree().evaluate(codes)[0])
    assert (cosim.project.parent / "waves.vcd").is_file()


def test_codes_that_the_input_cannot_have_are_refused(cosim: Cosim) -> None:
    with pytest.raises(ToolError, match=r"cosim: input x has shape \(5,\), the design expects \(4, 3\)"):
        cosim.run([np.zeros((2, 5), np.int64)])
    with pytest.raises(ToolError, match=r"cosim: input x has codes outside -16\.\.15"):
        cosim.run([np.full((2, 4, 3), 16)])
    with pytest.raises(ToolError, match="cosim: the inputs have 0 samples"):
        cosim.run([np.zeros((0, 4, 3), np.int64)])


def test_a_vcd_is_written_where_it_was_asked_for(cosim: Cosim, codes: list[np.ndarray], tmp_path: Path) -> None:
    place = tmp_path / "waves.vcd"
    run = cosim.run(codes, vcd=place)
    np.testing.assert_array_equal(run.outputs[0], tree().evaluate(codes)[0])
    text = place.read_text()
    assert "$enddefinitions" in text
    for signal in ("copy_go", "b_out_valid", "x_data", "dut"):
        assert f" {signal} " in text
    assert [p.name for p in tmp_path.iterdir()] == ["waves.vcd"]
    with pytest.raises(ToolError, match=r"absent/waves\.vcd cannot be written: No such file or directory"):
        cosim.run(codes, vcd=tmp_path / "absent" / "waves.vcd")


def test_how_far_it_is_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    def tell(what: str, done: int, of: int) -> None:
        told.append((what, done, of))

    cosim = Cosim(project(tree(), tmp_path / "p"))
    started = time.monotonic()
    cosim.run(random_codes(tree(), 300_000), progress=tell)
    steps = list(dict.fromkeys(what for what, *_ in told))
    assert steps == [
        "translating the RTL with Verilator",
        "compiling the simulation",
        "simulating with paced inputs",
    ]
    simulated = [(done, of) for what, done, of in told if what == steps[2]]
    assert simulated[0] == (0, 300_000)
    assert simulated[-1] == (300_000, 300_000)
    assert simulated == sorted(simulated)
    assert len(simulated) <= 3 + time.monotonic() - started


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def stuck(folder: Path, codes: list[np.ndarray], source: Source = Source.PACED) -> str:
    """The message of a simulation that does not come to its end."""
    with pytest.raises(Stuck) as caught:
        Cosim(folder).run(codes, source, vcd=folder / "waves.vcd")
    assert (folder / "waves.vcd").stat().st_size > 0  # wanted most when something is wrong
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_full_stream_is_followed_to_the_process_that_does_not_read_it(
    tmp_path: Path, codes: list[np.ndarray]
) -> None:
    folder = project(tree(), tmp_path / "p")
    replace(folder / "rtl" / "tree.sv", "assign d_out_ready = y_d_ready;", "assign d_out_ready = 1'b0;")
    replace(folder / "rtl" / "tree.sv", "assign y_d_valid = d_out_valid;", "assign y_d_valid = 1'b0;")
    message = stuck(folder, codes)
    assert message.startswith(f"cosim of {folder}, paced inputs: after ")
    assert message.endswith(
        " cycles nothing moves; output y_a waits for a; fork waits for room in b, which is full (2 of 2); copy waits "
        "for room in d, which is full (2 of 2); d is read by an output of the design, which takes all"
    )


def test_paths_that_meet_again_need_room_for_each_other(tmp_path: Path, codes: list[np.ndarray]) -> None:
    design = diamond()
    assert design.streams["b"].depth > 3
    run = Cosim(project(design, tmp_path / "deep")).run(codes)
    np.testing.assert_array_equal(run.outputs[0], design.evaluate(codes)[0])
    message = stuck(project(with_depth(design, "b", 2), tmp_path / "shallow"), codes)
    assert message.endswith(
        "cycles nothing moves; output y waits for y; join waits for a beat of c, which is empty; turn waits for a beat "
        "of a, which is empty; fork waits for room in b, which is full (2 of 2); join, turn, fork wait for each other "
        "in a circle; where paths part and meet again, b must be deeper"
    )


def test_a_process_that_wants_more_than_a_sample_has_is_told(tmp_path: Path, codes: list[np.ndarray]) -> None:
    """A beat of the first fork is dropped on its way."""
    folder = project(tree(), tmp_path / "p")
    replace(folder / "rtl" / "tree.sv", "assign x_in_valid = x_valid;", "logic dropped;")
    replace(
        folder / "rtl" / "tree.sv",
        "assign x_ready = x_in_ready;",
        "always_ff @(posedge clk) if (rst) dropped <= 0; else if (x_valid) dropped <= 1;\n"
        "  assign x_in_valid = x_valid && dropped;\n  assign x_ready = x_in_ready;",
    )
    message = stuck(folder, codes)
    assert message.endswith(
        "output y_a waits for a; fork waits for a beat of x, which is empty; input x has given "
        f"{SAMPLES * BEATS - 1} beats, which is all"
    )


def test_an_input_that_is_not_read_to_its_end_is_told(tmp_path: Path, codes: list[np.ndarray]) -> None:
    """The outputs give whatever they have, at once."""
    folder = project(tree(), tmp_path / "p")
    top = folder / "rtl" / "tree.sv"
    for name in "acd":
        replace(top, f"assign y_{name}_valid = {name}_out_valid;", f"assign y_{name}_valid = 1;")
        replace(
            folder / "rtl" / "tree.sv", f"assign {name}_out_ready = y_{name}_ready;", f"assign {name}_out_ready = 0;"
        )
    assert stuck(folder, codes).endswith(
        f"all outputs have given {SAMPLES} samples, but input x is not read to its end"
    )


def test_a_process_that_works_for_nothing_is_told(tmp_path: Path, codes: list[np.ndarray]) -> None:
    folder = project(tree(), tmp_path / "p")
    replace(folder / "rtl" / "codesign_fork.sv", ".in_valid,\n      .in_ready,", ".in_valid(1'b1),\n      .in_ready,")
    replace(folder / "rtl" / "codesign_fork.sv", ".out_valid,\n      .out_ready,", ".out_valid(),\n      .out_ready,")
    replace(folder / "rtl" / "codesign_fork.sv", "assign out_data", "assign out_valid = '0;\n  assign out_data")
    message = stuck(folder, codes)
    assert "cycles the processes still work, but no beat comes in or out; output y_a waits for beat 1" in message


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"there is nothing to simulate .*cosim\.json.*`codesign compile`"):
        Cosim(tmp_path)
    folder = project(tree(), tmp_path / "p")
    replace(folder / "cosim" / "cosim.json", '"interval"', '"pause"')
    with pytest.raises(ToolError, match="there is nothing to simulate"):
        Cosim(folder)


def test_a_bench_that_fails_is_told(tmp_path: Path, codes: list[np.ndarray]) -> None:
    folder = project(tree(), tmp_path / "p")
    replace(folder / "cosim" / "bench.cpp", "bench.write(words[2]);", 'throw std::runtime_error("so it is");')
    with pytest.raises(ToolError, match=r"the simulation failed \(exit code 1\):\n  error: so it is"):
        Cosim(folder).run(codes)
