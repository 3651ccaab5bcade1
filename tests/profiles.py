"""How many examples Hypothesis tries: few in `make test`, many in `make test-slow`.

Both try the same ones each time, so that a change never fails by a fault that it doesn't make.
`make test-slow PROFILE=random` tries new ones.
"""

import os

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
IS_THOROUGH = PROFILE != "quick"

# Nothing in the tests is timed: a busy machine is no failure.
settings.register_profile("quick", deadline=None, max_examples=10, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=120, derandomize=True)
settings.register_profile("random", deadline=None, max_examples=120)
settings.load_profile(PROFILE)


def examples(quick: int, thorough: int) -> settings:
    """Return how many examples are tried where each takes long, as a whole sweep does."""
    return settings(max_examples=thorough if IS_THOROUGH else quick)
