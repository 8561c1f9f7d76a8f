"""JAX's persistent compilation cache, on by default.

Compiled programs are kept in the user's cache folder, so that a new process finds them there. The
user's own settings win: nothing is changed when a folder is already set, in the configuration or
by the environment variable `JAX_COMPILATION_CACHE_DIR`; a threshold that is not JAX's default stays
as it is; `JAX_ENABLE_COMPILATION_CACHE=false` turns the cache off.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jax

THRESHOLDS = {
    "jax_persistent_cache_min_compile_time_secs": (1.0, 0.0),
    "jax_persistent_cache_min_entry_size_bytes": (0, -1),
}
"""JAX's default of each threshold for what is kept, and ours, which keeps all."""


def user_cache_folder() -> Path:
    """The folder for this user's cached programs, by the platform's convention."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bayesinf" / "compiled"


def enable_compilation_cache() -> None:
    """Keeps compiled programs between processes, unless the user has arranged it otherwise.

    JAX keeps only programs that took a second to compile; ours are many and take less, so that the
    thresholds are lowered to keep all.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    jax.config.update("jax_compilation_cache_dir", str(user_cache_folder()))
    for name, (default, ours) in THRESHOLDS.items():
        if getattr(jax.config, name) == default:
            jax.config.update(name, ours)
