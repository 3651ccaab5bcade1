"""How many examples Hypothesis tries: few in `make test`, many in `make test-slow`."""

import os

from hypothesis import settings

THOROUGH = "thorough"
IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == THOROUGH

# Nothing in the tests is timed: a busy machine is no failure.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.register_profile(THOROUGH, deadline=None, max_examples=120)
settings.load_profile(THOROUGH if IS_THOROUGH else "quick")

whole_sweeps = settings(max_examples=12 if IS_THOROUGH else 3)
"""For examples that are whole sweeps, which take a hundred times as long as others."""
