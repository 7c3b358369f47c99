"""Budgets: how they are written, what they are of a device, and what is said of mistakes."""

from __future__ import annotations

import pytest

from codesign.compiler.options import Options
from codesign.errors import ConfigError
from codesign.targets import Resources
from codesign.targets.budget import Budget

DEVICE = Resources(lut=1000, ff=2000, dsp=100, bram36=50, uram=10)


@pytest.mark.parametrize(
    ("given", "found", "shown"),
    [
        ("80%", (800, 1600, 80, 40, 8), "80%"),
        ("100 %", (1000, 2000, 100, 50, 10), "100%"),
        ("0.05%", (0.5, 1, 0.05, 0.025, 0.005), "0.05%"),
        ("dsp=30", (800, 1600, 30, 40, 8), "dsp=30"),
        ("dsp=120, BRAM=25%,lut=0", (0, 1600, 120, 12.5, 8), "lut=0,dsp=120,bram=25%"),
        ({"uram": 3, "ff": "50%"}, (800, 1000, 80, 40, 3), "ff=50%,uram=3"),
        ("bram36=1.5", (800, 1600, 80, 1.5, 8), "bram=1.5"),
    ],
)
def test_a_budget_is_amounts_and_shares(given: object, found: tuple[float, ...], shown: str) -> None:
    budget = Budget.read(given, "here")
    assert tuple(budget.of(DEVICE)) == pytest.approx(found, abs=1e-12)
    assert str(budget) == shown


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "here: the budget is '', expected a number of 0 or more, or a percentage"),
        ("80", "here: 80 of what? write e.g. 80% for all, or dsp=80"),
        ("-5%", "here: the budget is '-5%', expected a number of 0 or more"),
        ("120%", "here: the budget is 120%; a device has no more than 100%"),
        ("dsp=-1", "here: dsp is '-1', expected a number of 0 or more, or a percentage"),
        ("dsp=nan", "here: dsp is 'nan', expected a number"),
        ("dsp=1e99", "here: dsp is '1e99', expected a number"),
        ("dps=10", "here: there is no resource 'dps'; did you mean dsp?"),
        ("gold=10", "here: there is no resource 'gold'; there are lut, ff, dsp, bram, uram"),
        ("dsp=10,bram", "here: 'bram' says no amount; write e.g. dsp=3800"),
        ("bram=10,bram36=10", "here: bram36 stands twice; keep one"),
        ({"dsp": None}, "here: dsp is 'None', expected a number"),
    ],
)
def test_a_budget_that_is_none_is_refused(given: object, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Budget.read(given, "here")
    assert message in str(error.value)


def test_the_command_line_wins_over_the_configuration() -> None:
    config = {"Interval": 100, "LatencyUs": 2, "Budget": {"dsp": 10}}
    options = Options.of(None, None, None, config, None, 250)
    assert (options.config.interval, options.latency, options.budget) == (
        100,
        500,
        Budget(amounts={"dsp": 10}, shares={}),
    )
    options = Options.of(None, None, None, config, None, 250, None, 50, 0.1, "70%")
    assert (options.config.interval, options.latency, options.budget) == (50, 25, Budget(0.7))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"Interval": 0}, "config: Interval: 0 is not an integer >= 1, in cycles"),
        ({"Interval": 2.5}, "config: Interval: 2.5 is not an integer >= 1"),
        ({"LatencyUs": -1}, "config: LatencyUs: -1 is not a number above 0, in microseconds"),
        ({"LatencyUs": True}, "config: LatencyUs: True is not a number above 0"),
        (
            {"Budget": ["dsp"]},
            "config: Budget: ['dsp'] is neither a text such as 80% nor a mapping such as {dsp:",
        ),
        ({"Budget": "dsp=x"}, "config: Budget: dsp is 'x', expected a number of 0 or more, or a percentage"),
        ({"Budget": {"dspp": 1}}, "config: Budget: there is no resource 'dspp'; did you mean dsp?"),
    ],
)
def test_a_goal_that_is_none_is_refused_with_its_key(config: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Options.of(None, None, None, config, None, None)
    assert message in str(error.value)


def test_a_goal_on_the_command_line_is_refused_as_such() -> None:
    for goals, message in [
        ((-1, None, None), "command line: Interval: -1 is not an integer >= 1"),
        ((None, float("nan"), None), "command line: LatencyUs: nan is not a number above 0"),
        ((None, None, "dsp=a"), "command line: Budget: dsp is 'a', expected a number"),
    ]:
        with pytest.raises(ConfigError) as error:
            Options.of(None, None, None, None, None, None, None, *goals)
        assert message in str(error.value)
