"""A linear program with integer variables, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError

INFINITY = float("inf")


@dataclass(frozen=True)
class Solution:
    """A value for each variable. `bound` is what no solution is below, `objective` what this one has."""

    values: NDArray[np.float64]
    objective: float
    bound: float


@dataclass
class Program:
    """Minimise the sum of price * variable over variables between 0 and their `highs`, subject to rows."""

    prices: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    lows: list[float] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)

    def variable(self, price: float = 0, *, high: float = 1, integer: bool = False) -> int:
        """A new variable in 0..high; gives its number."""
        self.prices.append(price)
        self.highs.append(high)
        self.integer.append(integer)
        return len(self.prices) - 1

    def row(self, terms: Iterable[tuple[int, float]], low: float = -INFINITY, high: float = INFINITY) -> None:
        """low <= sum of factor * variable <= high; a variable may come several times."""
        found: dict[int, float] = {}
        for column, factor in terms:
            found[column] = found.get(column, 0) + factor
        self.lows.append(low)
        self.tops.append(high)
        self.columns += found.keys()
        self.factors += found.values()
        self.starts.append(len(self.columns))

    def minimise(self, gap: float = 0) -> Solution | None:
        """The best solution, or one that is proved to be at most `gap` of its objective away; None if there is none.

        One thread and no clock: the same program gives the same solution.
        """
        if not self.prices:
            possible = all(low <= 0 <= high for low, high in zip(self.lows, self.tops))
            return Solution(np.zeros(0), 0, 0) if possible else None
        solver = highspy.Highs()
        options = {"output_flag": False, "threads": 1, "mip_rel_gap": gap, "mip_abs_gap": 1e-6}
        for name, value in options.items():
            solver.setOptionValue(name, value)
        if solver.passModel(self._model()) == highspy.HighsStatus.kError:
            raise IRError("folding: the solver does not take the program")
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise IRError(f"folding: the solver ends with {solver.modelStatusToString(status)}")
        bound = info.mip_dual_bound if any(self.integer) else info.objective_function_value
        values = np.array(solver.getSolution().col_value, dtype=np.float64)
        return Solution(values, info.objective_function_value, bound)

    def _model(self) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.prices), len(self.lows)
        lp.col_cost_ = np.array(self.prices, dtype=np.float64)
        lp.col_lower_ = np.zeros(len(self.prices))
        lp.col_upper_ = np.array(self.highs, dtype=np.float64)
        lp.row_lower_ = np.array(self.lows, dtype=np.float64)
        lp.row_upper_ = np.array(self.tops, dtype=np.float64)
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in self.integer]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
        lp.a_matrix_.start_ = np.array(self.starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(self.columns, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self.factors, dtype=np.float64)
        return lp
