"""Matrix products are kept to one thread where asked, and set free again."""

import numpy as np
import pytest

from bayesinf.numerics import blas


def test_one_thread_inside_and_as_before_outside():
    controls = blas._controls()
    if controls is None:
        pytest.skip("NumPy uses another BLAS than its wheels' OpenBLAS here")
    read, write = controls
    before = read()
    write(3)
    try:
        with blas.single_threaded():
            assert read() == 1
            with blas.single_threaded():
                assert read() == 1
                product = np.ones((300, 300)) @ np.ones((300, 300))
            assert read() == 1
        assert read() == 3
        assert (product == 300).all()
        with pytest.raises(ZeroDivisionError), blas.single_threaded():
            raise ZeroDivisionError
        assert read() == 3
    finally:
        write(before)


def test_another_blas_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(blas, "_controls", lambda: None)
    with blas.single_threaded():
        assert (np.eye(3) @ np.ones((3, 3)) == 1).all()
