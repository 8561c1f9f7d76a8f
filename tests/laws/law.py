"""What makes a test a law: many made-up examples, the same ones in every run, and how many held.

The first line of a law's docstring is the sentence that `docs/trust.md` lists.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

settings.register_profile("laws", derandomize=True)
settings.register_profile("many-laws", derandomize=False)
"""`pytest tests/laws --hypothesis-profile=many-laws` looks at ten times as many new examples."""

TIMES = {"many-laws": 10}

HELD: Counter[str] = Counter()
"""For each law, in how many examples it held so far; examples that do not apply are not counted."""

Test = Callable[..., None]


def law(examples: int = 12, **made: SearchStrategy) -> Callable[[Test], Test]:
    """Makes a test a law over the given strategies.

    Args:
        examples: How many examples are looked at by default.
        made: A strategy for each argument of the test.
    """
    profile = settings.get_current_profile_name()

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def counted(*values: object, **named: object) -> None:
            test(*values, **named)
            HELD[f"{test.__module__.rpartition('.test_')[2]}.{test.__name__}"] += 1

        chosen = settings(
            max_examples=examples * TIMES.get(profile, 1),
            derandomize=profile not in TIMES,
            deadline=None,
            database=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        return chosen(given(**made)(counted))

    return decorate
