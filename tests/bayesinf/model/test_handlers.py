"""NumPyro's handlers serve one thread at a time."""

from __future__ import annotations

import threading

from bayesinf.model.handlers import alone


def test_a_second_thread_waits_and_the_first_may_enter_again() -> None:
    seen: list[str] = []

    @alone()
    def second() -> None:
        seen.append("second")

    thread = threading.Thread(target=second)
    with alone():
        thread.start()
        with alone():
            seen.append("first")
        thread.join(0.1)
        assert thread.is_alive(), "it waits"
        seen.append("still first")
    thread.join()
    assert seen == ["first", "still first", "second"]
