"""The compilation cache is arranged where the user has not arranged it."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest

from bayesinf.cache import THRESHOLDS, enable_compilation_cache, user_cache_folder

FOLDER = "jax_compilation_cache_dir"
SECONDS = "jax_persistent_cache_min_compile_time_secs"
BYTES = "jax_persistent_cache_min_entry_size_bytes"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """JAX's settings as a new process has them, put back afterwards."""
    before = {name: getattr(jax.config, name) for name in (FOLDER, SECONDS, BYTES)}
    jax.config.update(FOLDER, None)
    for name, (default, _) in THRESHOLDS.items():
        jax.config.update(name, default)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def settings() -> tuple[object, object, object]:
    return tuple(getattr(jax.config, name) for name in (FOLDER, SECONDS, BYTES))  # type: ignore[return-value]


def test_all_programs_are_kept_in_the_users_folder() -> None:
    enable_compilation_cache()
    assert settings() == (str(user_cache_folder()), 0.0, -1)


def test_the_users_thresholds_are_left_as_they_are() -> None:
    jax.config.update(SECONDS, 5.0)
    enable_compilation_cache()
    assert settings() == (str(user_cache_folder()), 5.0, -1)
    jax.config.update(FOLDER, None)
    jax.config.update(BYTES, 4096)
    enable_compilation_cache()
    assert settings() == (str(user_cache_folder()), 5.0, 4096)


def test_nothing_is_changed_where_the_user_has_a_folder() -> None:
    jax.config.update(FOLDER, "elsewhere")
    enable_compilation_cache()
    assert settings() == ("elsewhere", 1.0, 0)


def test_the_defaults_are_those_of_jax() -> None:
    import subprocess
    import sys

    code = (
        "import jax, json; "
        f"print(json.dumps([getattr(jax.config, n) for n in {[SECONDS, BYTES]!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[1.0, 0]"
    assert [default for default, _ in THRESHOLDS.values()] == [1.0, 0]
