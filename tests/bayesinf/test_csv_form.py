"""CSV files as spreadsheets write them: separators, decimal commas, encodings, repeated names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesinf.cli import main
from bayesinf.cli.csv_form import CsvForm
from bayesinf.cli.files import read_rows
from bayesinf.errors import DataError

TABLE = "town,y,x\nKöln,1.5,2\nZürich,-0.25,3\nNîmes,1e3,4\n"
EUROPEAN = TABLE.replace(",", ";").replace(".", ",")


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def read(
    folder: Path, content: str | bytes, form: CsvForm | None = None
) -> tuple[pd.DataFrame, str]:
    told: list[str] = []
    return read_rows(written(folder, content), form=form, tell=told.append), " ".join(told)


def same(frame: pd.DataFrame) -> None:
    assert frame["town"].tolist() == ["Köln", "Zürich", "Nîmes"]
    assert frame["y"].tolist() == [1.5, -0.25, 1000.0] and frame["x"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TABLE, ""),
        (TABLE.encode("utf-8-sig"), ""),
        (TABLE.replace("\n", "\r\n"), ""),
        (TABLE.replace(",", ";"), "separated by ';', as it seems"),
        (EUROPEAN, "has cells separated by ';' and has decimal commas"),
        (TABLE.replace(",", "\t"), "separated by tabs, as"),
        (EUROPEAN.replace(";", "\t"), "separated by tabs and has decimal commas"),
        (TABLE.encode("utf-16"), "is UTF-16, as it seems"),
        (EUROPEAN.encode("utf-16"), "is UTF-16 and has cells separated by ';' and has decimal"),
    ],
)
def test_the_file_tells_how_it_is_written(tmp_path: Path, content: str | bytes, says: str) -> None:
    frame, told = read(tmp_path, content)
    same(frame)
    assert says in told and bool(says) == bool(told)


def test_what_is_asked_for_is_not_told(tmp_path: Path) -> None:
    for content, form in (
        (TABLE.encode("latin-1"), CsvForm("latin-1")),
        (TABLE.encode("utf-16-le"), CsvForm("utf-16-le")),
        (EUROPEAN, CsvForm(separator=";", decimal=",")),
        (TABLE.replace(",", "\t"), CsvForm(separator="tab")),
        (TABLE.replace(",", "|"), CsvForm(separator="|")),
    ):
        frame, told = read(tmp_path, content, form)
        same(frame)
        assert told == ""


def test_other_signs_in_names_and_cells_do_not_separate(tmp_path: Path) -> None:
    frame, told = read(tmp_path, 'y,"a;b;c;d",x\n1,u;v;w;z,2\n2,"p;q",3\n')
    assert list(frame) == ["y", "a;b;c;d", "x"] and told == ""
    frame, _ = read(tmp_path, "y;length, in cm\n1;2,5\n2;3\n")
    assert list(frame) == ["y", "length, in cm"] and frame.iloc[:, 1].tolist() == [2.5, 3.0]
    frame, told = read(tmp_path, "y\n1.5\n2\n")
    assert frame["y"].tolist() == [1.5, 2.0] and told == ""


@pytest.mark.parametrize(
    ("content", "form", "code", "says"),
    [
        (
            TABLE.encode("latin-1"),
            None,
            "unreadable-file",
            r"line 2, 'Köln.*\n.*--encoding latin-1",
        ),
        (TABLE.encode("utf-16-le"), None, "unreadable-file", "--encoding utf-16-le"),
        (TABLE, CsvForm("latin-99"), "unknown-encoding", "latin-99"),
        (TABLE, CsvForm(separator=";;"), "bad-separator", "one character"),
        ("y,x\n1,2,3\n4,5,6\n", None, "unreadable-file", "more cells than its header"),
        ("y,x,x\n1,2,3\n", None, "duplicate-columns", "2 columns with the name 'x'"),
        ("y;length, in cm\n1;2,5\n", None, "ambiguous-separator", "by ',' or by ';'"),
        ("y;x\n1,5;2\n1.5;3\n", None, "ambiguous-decimal", r"'1,5' and '1.5'.*\n.*--decimal"),
        ("y\tx\n1,500\t2\n2,000\t3\n", None, "ambiguous-decimal", "may mark thousands"),
    ],
)
def test_what_the_file_does_not_tell_is_asked_for(
    tmp_path: Path, content: str | bytes, form: CsvForm | None, code: str, says: str
) -> None:
    with pytest.raises(DataError, match=says) as error:
        read(tmp_path, content, form)
    assert error.value.code == code


def test_commands_take_spreadsheets_and_their_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.random.default_rng(1).normal(size=30).round(3)
    frame = pd.DataFrame({"id": np.arange(30), "y": (2 * x + 1).round(3), "x": x})
    frame.to_csv(tmp_path / "e.csv", sep=";", decimal=",", index=False)
    frame.to_csv(tmp_path / "u.csv", index=False)
    asked = ["y ~ x", "--seed", "1", "--draws", "400", "--json"]
    assert main(["fit", str(tmp_path / "u.csv"), *asked]) == 0
    plain = capsys.readouterr()
    assert plain.err == ""
    assert main(["fit", str(tmp_path / "e.csv"), *asked, "--out", str(tmp_path / "fit")]) == 0
    european = capsys.readouterr()
    assert european.err.count("\n") == 1 and "decimal commas" in european.err
    assert json.loads(european.out)["parameters"] == json.loads(plain.out)["parameters"]
    options = ["--separator", ";", "--decimal", ",", "--encoding", "utf-8"]
    assert main(["predict", str(tmp_path / "fit"), str(tmp_path / "e.csv"), *options]) == 0
    assert capsys.readouterr().err == ""
    out = ["--out", str(tmp_path / "a.md")]
    assert main(["report", str(tmp_path / "fit"), *out, "--separator", ";"]) == 1
    assert "--separator cannot change" in capsys.readouterr().err
    frame.to_parquet(tmp_path / "p.parquet")
    assert main(["fit", str(tmp_path / "p.parquet"), "y ~ x", "--decimal", ","]) == 1
    assert "is no CSV file" in capsys.readouterr().err


def test_zeros_before_whole_numbers_stay(tmp_path: Path) -> None:
    frame, told = read(tmp_path, "y,zip,x,t\n1.0,01067,0.5,0\n2.0,80331,00.5,10\n3.0,NA,-0.5,0\n")
    assert frame["zip"].tolist()[:2] == ["01067", "80331"]
    assert frame["zip"].isna().tolist() == [False, False, True]
    assert frame["x"].tolist() == [0.5, 0.5, -0.5] and frame["t"].tolist() == [0, 10, 0]
    assert "Column 'zip'" in told and "'01067' (row 0)" in told and told.count("Column") == 1
    path = written(tmp_path, 'zip;y\n"007";1,5\n12;2,5\n')
    assert read_rows(path)["zip"].tolist() == ["007", "12"]
    assert read_rows(path, as_numbers=["zip"])["zip"].tolist() == [7, 12]


def test_a_postcode_is_a_factor_and_never_an_amount(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(f"{k % 7}.5,{k % 5},0000{k % 3}\n" for k in range(60))
    path = written(tmp_path, f"y,x,zip\n{lines}")
    fit = ["fit", str(path), "y ~ x + zip", "--seed", "1", "--draws", "400", "--json"]
    assert main([*fit, "--out", str(tmp_path / "fit")]) == 0
    said = capsys.readouterr()
    names = [line["parameter"] for line in json.loads(said.out)["parameters"]]
    assert "zip" not in names and "zip[T.00001]" in names
    assert said.err.count("\n") == 1 and "'00000' (rows 0, 1, 2" in said.err
    assert main(["predict", str(tmp_path / "fit"), str(path), "--json"]) == 0
    assert capsys.readouterr().err == ""
