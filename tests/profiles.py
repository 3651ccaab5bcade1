"""How many examples Hypothesis tries: few in `make test`, many in `make test-slow`."""

import os

from hypothesis import settings

THOROUGH = "thorough"
IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == THOROUGH

# Nothing in the tests is timed: a busy machine is no failure.
settings.register_profile("quick", deadline=None, max_examples=10)
settings.register_profile(THOROUGH, deadline=None, max_examples=120)
settings.load_profile(THOROUGH if IS_THOROUGH else "quick")


def examples(quick: int, thorough: int) -> settings:
    """Return how many examples are tried where each takes long, as a whole sweep does."""
    return settings(max_examples=thorough if IS_THOROUGH else quick)
