"""The command line: what it prints, what it writes, and the code that it ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.cli import commands, main
from bayesinf.cli.files import read_rows
from bayesinf.cli.prior_text import read_prior
from bayesinf.errors import BayesinfError, ModelError, RefitNeeded
from bayesinf.posterior.verdict import Finding
from bayesinf.validation.check import Check
from bayesinf.validation.installation import installation

FORMULA = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data file, new rows, and a saved fit."""
    place = tmp_path_factory.mktemp("cli")
    frame = bi.examples.sleepstudy()
    frame["Subject"] = "0" + frame["Subject"]
    frame.to_csv(place / "sleep.csv", index=False)
    frame.to_parquet(place / "sleep.parquet")
    pd.DataFrame({"Days": [0, 9], "Subject": ["0308", "new"]}).to_csv(
        place / "rows.csv", index=False
    )
    code = main(
        ["fit", str(place / "sleep.csv"), FORMULA, "--seed", "1", "--out", str(place / "fit")]
    )
    assert code == 0
    return place


def test_fit_prints_the_table_and_the_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(folder / "sleep.csv"), "Reaction ~ Days", "--seed", "1", "--prob", "0.5"]
    assert main(["fit", *arguments, "--prior", "Days=Normal(0, 5)"]) == 0
    printed = capsys.readouterr().out
    assert "Intercept" in printed and "sigma" in printed
    assert "50% credible interval (ETI)" in printed
    assert "All checks passed." in printed


def test_fit_as_json_is_json_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(folder / "sleep.parquet"), "Reaction ~ Days", "--seed", "1", "--json"]
    assert main(["fit", *arguments, "--prior", "Days=Normal(0, 5)", "--prob", "0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    frame = bi.examples.sleepstudy()
    fit = bi.fit("Reaction ~ Days", frame, priors={"Days": bi.Normal(0, 5)}, seed=1)
    expected = fit.summary(prob=0.5)
    lines = {line.pop("parameter"): line for line in told["parameters"]}
    assert lines["Days"] == pytest.approx(expected.loc["Days"].to_dict())
    assert told["verdict"]["ok"] is True and told["rows"] == 180 and told["seed"] == 1
    assert told["interval"] == {"kind": "eti", "prob": 0.5}


def test_group_names_are_read_as_they_are_written(folder: Path) -> None:
    levels = bi.load(folder / "fit").model.design.rows.groups[0].levels
    assert levels[0] == "0308"
    assert read_rows(folder / "sleep.csv", ["Subject", "absent"])["Subject"].iloc[0] == "0308"


def test_predict_gives_what_the_library_gives(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "new" / "predictions.csv"
    common = ["predict", str(folder / "fit"), str(folder / "rows.csv"), "--prob", "0.9"]
    assert main([*common, "--out", str(out)]) == 0
    assert "2 predictions in" in capsys.readouterr().out
    assert main([*common, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {"Days": [0, 9], "Subject": ["0308", "new"]}
    expected = bi.load(folder / "fit").predict(rows, prob=0.9)
    written = pd.read_csv(out, index_col="row")
    np.testing.assert_allclose(written[expected.columns], expected, rtol=1e-12)
    assert [line["mean"] for line in told["predictions"]] == pytest.approx(list(expected["mean"]))
    assert told["kind"] == "response"


def test_predict_can_refuse_new_groups(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["predict", str(folder / "fit"), str(folder / "rows.csv"), "--new-groups", "error"]
    assert main(arguments) == 1
    assert "new" in capsys.readouterr().err


def test_predict_prints_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["predict", str(folder / "fit"), str(folder / "rows.csv"), "--kind", "mean"]
    assert main(arguments) == 0
    assert "credible interval (ETI) of the mean" in capsys.readouterr().out


def test_a_saved_fit_and_a_data_file_can_be_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "saved.html"
    assert main(["report", str(folder / "fit"), "--out", str(out), "--title", "Sleep"]) == 0
    assert "report in" in capsys.readouterr().out
    assert "<h1>Sleep</h1>" in out.read_text(encoding="utf-8")
    data, text = str(folder / "sleep.csv"), folder / "fresh.md"
    arguments = ["report", data, "Reaction ~ Days", "--seed", "1", "--out", str(text), "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["report"] == str(text)
    assert "## Results" in text.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fit", "{}/sleep.csv", "Reaction ~ Dayz"], "Did you mean 'Days'?"),
        (["fit", "{}/absent.csv", "y ~ x"], "absent.csv: No such file"),
        (["fit", "{}/sleep.xlsx", "y ~ x"], "neither a .csv nor a .parquet"),
        (["fit", "{}/sleep.csv", "Reaction ~ I(__import__('os').getpid())"], "bayesinf: "),
        (["fit", "{}/sleep.csv", "Reaction ~ Days", "--family", "gausian"], "gaussian"),
        (["fit", "{}/sleep.csv", "Reaction ~ Days", "--prior", "Days=Norml(0,1)"], "'Normal'?"),
        (["fit", "{}/sleep.csv"], "required: formula"),
        (["nonsense"], "invalid choice"),
        (["report", "{}/sleep.csv", "--out", "x.html"], "needs a formula"),
        (["report", "{}/fit", "y ~ x", "--out", "x.html"], "has its formula already"),
        (["report", "{}/fit", "--out", "{}/x.pdf"], ".html or .md"),
        (["predict", "{}/fit", "{}/rows.csv", "--out", "{}/x.xlsx"], ".csv or .parquet"),
        (["predict", "{}/fot", "{}/rows.csv"], "There is no folder"),
        (["predict", "{}", "{}/rows.csv"], "There is no manifest.json"),
        (["predict", "{}/sleep.csv", "{}/rows.csv"], "sleep.csv"),
        (["report", "{}/fot", "--out", "x.html"], "no folder with a saved fit"),
        (["report", "{}/fit", "--out", "{}"], ".html or .md"),
        (["report", "{}/fit", "--family", "poisson", "--out", "x.html"], "--family cannot change"),
        (["report", "{}/fit", "--prior", "Days=Flat()", "--seed", "1", "--out", "x.md"], "--prior"),
        (
            ["fit", "{}/sleep.csv", "Reaction ~ Days", *["--prior", "Days=Normal(0,1)"] * 2],
            "'Days' has two priors",
        ),
    ],
)
def test_a_wrong_request_is_a_sentence_and_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main([word.replace("{}", str(folder)) for word in arguments]) == 1
    captured = capsys.readouterr()
    assert complaint in captured.err and "Traceback" not in captured.err
    assert captured.out == ""


def test_a_file_that_is_not_what_it_claims_is_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in (
        ("a.parquet", b"no parquet"),
        ("b.csv", b""),
        ("c.csv", b"\xff\xfe,\x00"),
    ):
        (tmp_path / name).write_bytes(content)
        assert main(["fit", str(tmp_path / name), "y ~ x"]) == 1
        assert "cannot be read" in capsys.readouterr().err


def test_errors_are_json_too_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(folder / "sleep.csv"), "Reaction ~ Dayz", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "unknown-column"


def test_a_damaged_folder_is_code_3(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    damaged = folder / "damaged"
    shutil.copytree(folder / "fit", damaged)
    arrays = next(damaged.glob("*.safetensors"))
    arrays.write_bytes(arrays.read_bytes()[:-1])
    assert main(["predict", str(damaged), str(folder / "rows.csv")]) == 3
    assert "bayesinf: " in capsys.readouterr().err
    assert main(["report", str(damaged), "--out", str(folder / "y.html")]) == 3


def test_a_bad_verdict_is_code_2_and_stands_first(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = bi.load(folder / "fit")
    bad = Finding("The chains disagree.", "bad", "r-hat", remedy="Ask for more draws.")
    posterior = replace(good.posterior, verdict=good.verdict.add((bad,)))
    sick = folder / "sick"
    bi.Fit(posterior).save(sick)
    assert main(["predict", str(sick), str(folder / "rows.csv"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["verdict"]["ok"] is False
    out = folder / "sick.md"
    assert main(["report", str(sick), "--out", str(out)]) == 2
    assert "Do not interpret these numbers" in out.read_text(encoding="utf-8").split("##")[0]
    capsys.readouterr()
    monkeypatch.setattr(commands, "fit_model", lambda *_, **__: bi.Fit(posterior))
    assert main(["fit", str(folder / "sleep.csv"), "Reaction ~ Days"]) == 2
    assert capsys.readouterr().out.startswith("Do not interpret these numbers")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefitNeeded("Too far.", code="refit"), 2),
        (BayesinfError("An open path.", code="not-identified"), 2),
        (ModelError("Wrong.", code="wrong"), 1),
    ],
)
def test_refusals_of_statistics_are_code_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: BayesinfError, code: int
) -> None:
    def refuse(*_: object, **__: object) -> bi.Fit:
        raise error

    monkeypatch.setattr(commands, "fit_model", refuse)
    assert main(["fit", str(folder / "sleep.csv"), "Reaction ~ Days"]) == code


@pytest.mark.parametrize(
    ("text", "slot", "prior"),
    [
        ("Days=Normal(0, 10)", "Days", bi.Normal(0, 10)),
        (" sd:Subject:Days = HalfStudentT(3,2.5) ", "sd:Subject:Days", bi.HalfStudentT(3, 2.5)),
        ("C(g)[T.a=b]=Normal(-1e-3, 2)", "C(g)[T.a=b]", bi.Normal(-0.001, 2)),
        ("Intercept=Flat()", "Intercept", bi.Flat()),
        ("cor:Subject=LKJ(2)", "cor:Subject", bi.LKJ(2)),
    ],
)
def test_priors_are_read_by_name_and_number(text: str, slot: str, prior: object) -> None:
    assert read_prior(text) == (slot, prior)


@pytest.mark.parametrize(
    "text",
    [
        "Days",
        "Days=Normal",
        "Days=Normal(0)",
        "Days=Normal(0, 1, 2)",
        "Days=Normal(0, x)",
        "Days=Normal(0, -1)",
        "Days=__import__('os').getpid()",
        "Days=Normal(__import__('os').getpid(), 1)",
        "Days=exec(1)",
        "=Normal(0, 1)",
    ],
)
def test_what_is_no_prior_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(ModelError):
        read_prior(text)


def test_help_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "predict" in capsys.readouterr().out


def test_without_demos_the_command_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "entry_points", lambda **_: ())
    assert main(["demo"]) == 1
    assert "No demo is installed" in capsys.readouterr().err


def test_numbers_that_json_cannot_hold_become_null() -> None:
    from bayesinf.cli.records import as_json

    told = json.loads(as_json({"a": [float("nan"), 1.0], "b": {"c": float("inf")}}))
    assert told == {"a": [None, 1.0], "b": {"c": None}}


@pytest.mark.parametrize(
    "words",
    [
        ["fit", "{}/sleep.csv", "Reaction ~ Days", "--out", "{}"],
        ["fit", "{}/sleep.csv", "Reaction ~ Days", "--out", "{}/sleep.csv/fit"],
        ["report", "{}/sleep.csv", "Reaction ~ Days", "--out", "{}/x.pdf"],
        ["predict", "{}/fit", "{}/rows.csv", "--out", "{}/x.xlsx"],
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def work(*_: object, **__: object) -> bi.Fit:
        raise AssertionError("worked first")

    monkeypatch.setattr(commands, "fit_model", work)
    monkeypatch.setattr(commands, "load", work)
    assert main([word.replace("{}", str(folder)) for word in words]) == 1


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_fit_that_cannot_be_saved_is_printed_all_the_same(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    as_json: list[str],
) -> None:
    import os

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    words = ["fit", str(folder / "sleep.csv"), "Reaction ~ Days", "--out", str(folder / "full")]
    monkeypatch.setattr(os, "fsync", full)
    assert main([*words, *as_json]) == 1
    captured = capsys.readouterr()
    assert "No space left" in captured.err
    if as_json:
        told = json.loads(captured.out)
        assert told["saved"] is None and told["error"]["code"] == "not-saved"
        assert {line["parameter"] for line in told["parameters"]} >= {"Intercept", "Days"}
    else:
        assert "All checks passed." in captured.out and "saved in" not in captured.out


def test_text_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "country,team,x,flag,code\nNA,None,1,True,01\nnull,b,NA,,007\n,b,3,False,NA\nn/a,c,,True,2\nFR,c,4,True,3"
    )
    read = read_rows(path, ["code"])
    assert read["country"].tolist()[:2] == ["NA", "null"] and read["country"].tolist()[3] == "n/a"
    assert read["country"].isna().tolist() == [False, False, True, False, False]
    assert read["team"].tolist() == ["None", "b", "b", "c", "c"]
    assert read["code"].tolist() == ["01", "007", "NA", "2", "3"]
    assert read["x"].dtype == float and read["x"].isna().tolist() == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert read["flag"].tolist()[0] is True and read["flag"].isna().sum() == 1


def test_a_group_named_na_is_a_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"g": np.tile(["NA", "None", "DE", "FR"], 20), "y": rng.normal(size=80)})
    frame.to_csv(tmp_path / "a.csv", index=False)
    words = ["fit", str(tmp_path / "a.csv"), "y ~ 1 + (1 | g)", "--out", str(tmp_path / "fit")]
    assert main([*words, "--seed", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 80
    levels = bi.load(tmp_path / "fit").model.design.rows.groups[0].levels
    assert set(levels) == {"NA", "None", "DE", "FR"}


def test_lost_draws_are_damage(folder: Path) -> None:
    import shutil

    lost = folder / "lost"
    shutil.copytree(folder / "fit", lost)
    next(lost.glob("*.safetensors")).unlink()
    assert main(["predict", str(lost), str(folder / "rows.csv")]) == 3


def test_help_tells_the_exit_codes_and_the_version_is_the_packages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    assert "3  a saved folder is damaged" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bayesinf {bi.__version__}\n"


def test_validate_writes_a_page_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bayesinf.validation.validation.SUITE", (installation,))
    page = tmp_path / "validation.html"
    assert main(["validate", "--out", str(page)]) == 0
    printed = capsys.readouterr().out
    assert "passed  Installation: double precision" in printed
    assert "All 3 checks passed" in printed and str(page) in printed
    assert "Known limits" in page.read_text(encoding="utf-8")
    assert json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["passed"] is True
    assert main(["validate", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["checks"]) == 3
    assert main(["validate", "--out", str(tmp_path / "page.pdf")]) == 1


def test_a_failed_validation_ends_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Check("Installation", "planted", "nothing", "wrong", False, "nowhere")
    monkeypatch.setattr("bayesinf.validation.validation.SUITE", (lambda: iter([wrong]),))
    assert main(["validate"]) == 2


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fit whose groups were whole numbers, beside one whose groups were text."""
    place = tmp_path_factory.mktemp("numbered")
    frame = bi.examples.sleepstudy()
    for name, kind in (("whole", int), ("text", str)):
        rows = frame.assign(Subject=frame["Subject"].astype(kind))
        bi.fit("Reaction ~ Days + (1 | Subject)", rows, seed=1).save(place / name)
    return place


def predicted(place: Path, fit: str, lines: str, capsys: pytest.CaptureFixture[str]):
    """Exit code, predictions and standard error of `bayesinf predict`."""
    (place / "rows.csv").write_text(f"Days,Subject\n{lines}", encoding="utf-8")
    code = main(["predict", str(place / fit), str(place / "rows.csv"), "--json"])
    out, complaint = capsys.readouterr()
    return code, json.loads(out), complaint


@pytest.mark.parametrize("fit", ["whole", "text"])
@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("1,308\nfour,309\n2,310\n", "'Days' was numeric at the fit and has 1 cell"),
        ("1,308\nfour,309\n2,310\n", "'four' (row 1 of 3"),
        ("1,308\nn/a,309\n2,310\n", "'Days' has 1 missing value, in row 1"),
        ("1,308\n2,n/a\n2,310\n", "'Subject' has 1 missing value, in row 1"),
    ],
)
def test_cells_that_are_no_numbers_are_refused_by_row(
    numbered: Path, fit: str, lines: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, complaint = predicted(numbered, fit, lines, capsys)
    assert code == 1
    assert says in complaint and says in told["error"]["message"]


def test_a_stray_word_among_numbers_is_refused_at_the_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = bi.examples.sleepstudy()
    words = frame["Days"].astype(str).where(frame.index != 3, "four")
    path = tmp_path / "rows.csv"
    frame.assign(Days=words).to_csv(path, index=False)
    assert main(["fit", str(path), "Reaction ~ Days"]) == 1
    complaint = capsys.readouterr().err
    assert "has 1 cell that is no number, e.g. 'four' (row 3 of 180" in complaint
    assert "write C(Days)" in complaint
    assert main(["fit", str(path), "Reaction ~ C(Days)", "--draws", "40"]) == 0
    assert "C(Days)[T.four]" in capsys.readouterr().out


def test_groups_are_matched_as_they_were_at_the_fit(
    numbered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "1,308\n2,309\n"
    for fit in ("whole", "text"):
        code, told, complaint = predicted(numbered, fit, lines, capsys)
        assert (code, complaint, told["new_groups"]) == (0, "", {"Subject": []})
    code, told, complaint = predicted(numbered, "whole", "1,308\n2,abc\n", capsys)
    assert code == 1 and "'abc' (row 1 of 2" in complaint


def test_new_groups_are_told_in_one_line(
    numbered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for fit in ("whole", "text"):
        code, told, complaint = predicted(numbered, fit, "1,308\n2,999\n2,1001\n", capsys)
        assert code == 0 and told["new_groups"] == {"Subject": ["1001", "999"]}
        assert complaint.count("\n") == 1
        assert "2 groups of 'Subject' that the fit did not see, '1001', '999'" in complaint
    complaint = predicted(numbered, "text", "1,308.0\n", capsys)[2]
    assert "1 group of 'Subject'" in complaint and "Did you mean '308'?" in complaint
    complaint = predicted(numbered, "text", "1,1001\n2,0308\n", capsys)[2]
    assert "Did you mean '308'?" in complaint and complaint.count("\n") == 1


@pytest.mark.filterwarnings("always::bayesinf.errors.ExtrapolationWarning")
def test_a_warning_is_one_line_without_code(
    numbered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = predicted(numbered, "whole", "900,308\n1,309\n", capsys)
    assert code == 0
    assert complaint.startswith("bayesinf: 'Days' lies far outside the 0 to 9 of the fit")
    assert complaint.count("\n") == 1


def test_a_text_outcome_says_which_level_counts_as_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(f"{'case' if k % 3 else 'control'},{k % 7}\n" for k in range(60))
    path = tmp_path / "cc.csv"
    path.write_text(f"o,x\n{lines}", encoding="utf-8")
    asked = [str(path), "o ~ x", "--family", "bernoulli", "--seed", "1", "--draws", "200"]
    assert main(["fit", *asked, "--out", str(tmp_path / "fit")]) == 0
    assert "(bernoulli, 60 rows; o = control counts as 1)" in capsys.readouterr().out
    assert main(["fit", *asked, "--json"]) == 0
    coding = {"expression": "o", "counts_as_1": "control", "counts_as_0": "case"}
    assert json.loads(capsys.readouterr().out)["outcome"] == coding
    assert main(["predict", str(tmp_path / "fit"), str(path)]) == 0
    assert "o = control counts as 1\n" in capsys.readouterr().out
    assert main(["predict", str(tmp_path / "fit"), str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == coding
