"""Runs one measurement in a fresh process, and reads the JSON line that it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from bayesinf.cache import THRESHOLDS


def run(
    command: Sequence[str], environment: Mapping[str, str], timeout: float
) -> dict[str, Any] | str:
    """Runs a command and returns the JSON of its last line.

    Args:
        command: Program and arguments.
        environment: Added to this process's own.
        timeout: Seconds after which the process and its children are ended.

    Returns:
        What was measured, `{"timed_out": seconds}`, or a sentence that says what went wrong.
    """
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, complaints = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"timed_out": timeout}
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        last = [line.strip() for line in complaints.splitlines() if line.strip()][-1:]
        return f"it ended with code {process.returncode}: {' '.join(last) or 'no output'}"
    return json.loads(lines[-1])


def cache_environment(folder: str) -> dict[str, str]:
    """Keeps compiled programs in a folder, by the rules that the library has for its own."""
    kept = {name.upper(): str(ours) for name, (_, ours) in THRESHOLDS.items()}
    return {"JAX_COMPILATION_CACHE_DIR": folder, "XDG_CACHE_HOME": folder, **kept}
