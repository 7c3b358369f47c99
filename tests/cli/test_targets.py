"""`codesign targets` lists what there is."""

from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.targets import all_targets


def test_every_target_is_listed_with_what_it_has() -> None:
    result = CliRunner().invoke(app, ["targets"])
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    for target in all_targets():
        line = lines[target.name]
        assert target.part in line and target.title in line
        has = target.resources
        numbers = [float(word) for word in line.split()[-7:]]
        assert numbers[2:] == [has.dsp, has.bram36, has.uram, target.slrs, target.clock_mhz]
        assert numbers[:2] == [round(has.lut / 1000, 1), round(has.ff / 1000, 1)]
    assert len(lines) == len(all_targets()) + 1
