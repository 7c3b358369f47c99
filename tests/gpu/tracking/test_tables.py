"""csv files come back exactly, and what is wrong in one is told by line and column."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.errors import DataError, OutputError
from codesign.gpu.tracking.tables import Columns, read_table, write_table

COLUMNS: Columns = {"id": np.int64, "x": np.float64}


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@given(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))),
    st.sampled_from(["t.csv", "t.csv.gz"]),
)
def test_numbers_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, float]], name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    columns = {"id": np.array([a for a, _ in rows], np.int64), "x": np.array([b for _, b in rows], np.float64)}
    write_table(path, columns)
    found = read_table(path, COLUMNS)
    np.testing.assert_array_equal(found["id"], columns["id"])
    np.testing.assert_array_equal(found["x"], columns["x"])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_floats_of_32_bits_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.getbasetemp() / "f.csv"
    x = np.array(values, np.float32)
    write_table(path, {"x": x})
    np.testing.assert_array_equal(read_table(path, {"x": np.float64})["x"].astype(np.float32), x)


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        write_table(tmp_path / name, {"x": np.arange(5)})
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_other_columns_any_order_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    found = read_table(table(tmp_path, "\ufeffx,other,id\n1.5,9,2\n\n-3e2,text,4\n"), COLUMNS)
    assert found["id"].tolist() == [2, 4]
    assert found["x"].tolist() == [1.5, -300]


def test_a_table_may_have_no_rows_but_not_no_header(tmp_path: Path) -> None:
    assert read_table(table(tmp_path, "id,x\n"), COLUMNS)["id"].shape == (0,)
    with pytest.raises(DataError, match="empty, expected a line of column names: id, x"):
        read_table(table(tmp_path, ""), COLUMNS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,y\n1,2\n", r"the column x is not there \(there are id, y\)"),
        ("id,x,x\n1,2,3\n", "the column x is twice"),
        ("id,x\n1,2\n3,nan\n", "line 3, column x: found 'nan', expected a finite number"),
        ("id,x\n1,2\n\n3,inf\n", "line 4, column x: found 'inf', expected a finite number"),
        ("id,x\n1,2\n1.5,2\n", "line 3, column id: found '1.5', expected an integer of 64 bits"),
        ("id,x\n9223372036854775808,2\n", "line 2, column id: found '9223372036854775808', expected an integer"),
        ("id,x\n1e3,2\n", "line 2, column id: found '1e3', expected an integer"),
        ("id,x\n1_0,2\n", "line 2, column id: found '1_0', expected an integer"),
        ("id,x\n1,\n", "line 2, column x: found '', expected a finite number"),
        ("id,x\n1,2\n3\n", "line 3 has 1 columns, expected 2: '3'"),
        ("id,x\n1,2,3\n", "line 2 has 3 columns, expected 2"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        read_table(table(tmp_path, text), COLUMNS)
    assert str(tmp_path / "t.csv") in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        read_table(tmp_path / "none.csv", COLUMNS)


@pytest.mark.parametrize("cut", [5, -9, -4])
def test_a_cut_gzip_file_is_told(tmp_path: Path, cut: int) -> None:
    whole = gzip.compress(b"id,x\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(1000)))
    with pytest.raises(DataError, match=r"t\.csv\.gz: the gzip file is cut or damaged .*fetch it again"):
        read_table(table(tmp_path, whole[:cut], "t.csv.gz"), COLUMNS)


def test_a_damaged_gzip_file_and_one_that_is_none_are_told(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(b"id,x\n" + b"1,2\n" * 1000))
    whole[20] ^= 0xFF
    for content in (bytes(whole), b"id,x\n1,2\n"):
        with pytest.raises(DataError, match="cut or damaged"):
            read_table(table(tmp_path, content, "t.csv.gz"), COLUMNS)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="byte 5 is no text"):
        read_table(table(tmp_path, b"id,x\n\xff\xfe"), COLUMNS)


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_table(tmp_path, COLUMNS)


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_table(tmp_path / "t.csv", {"x": np.arange(3)})
