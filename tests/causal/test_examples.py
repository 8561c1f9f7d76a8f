import pytest

from causal import examples

SIZES = {
    "job_training": 2935,
    "minimum_wage": 2500,
    "drinking_age": 48,
    "schooling": 3010,
    "basque": 731,
    "deaths": 197,
}


@pytest.mark.parametrize(("name", "rows"), SIZES.items())
def test_the_data_are_whole(name, rows):
    frame = getattr(examples, name)()
    assert len(frame) == rows
    assert frame.drop(columns=["married"], errors="ignore").notna().all(axis=None)
    assert not frame.duplicated().any() or name in ("job_training", "schooling")


def test_the_experiment_is_that_of_dehejia_and_wahba():
    frame = examples.job_training()
    arms = frame[frame["sample"] == "experiment"].groupby("treat")["re78"].mean()
    assert arms[1] - arms[0] == pytest.approx(1794.342, abs=0.01)
