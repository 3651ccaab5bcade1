"""A clock that jumps: nothing that is computed or waited for depends on the time of day."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

JUMPING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

/* The time of day goes back a day and forward a year, by turns. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    static int calls;
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += ++calls % 2 ? -86400 : 31536000;
    return status;
}
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler to bend the clock")
@pytest.mark.parametrize("parallel", ["serial", "loky"])
def test_a_clock_that_jumps_changes_nothing(parallel: str, tmp_path: Path) -> None:
    (tmp_path / "jumping.c").write_text(JUMPING)
    library = str(tmp_path / "jumping.so")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", library, str(tmp_path / "jumping.c"), "-ldl"], check=True
    )
    bent = os.environ | {"LD_PRELOAD": library}
    clock = "import time; print(time.time() - time.time())"
    done = subprocess.run(
        [sys.executable, "-c", clock], env=bent, capture_output=True, text=True, check=True
    )
    assert abs(float(done.stdout)) > 86400
    seeds = 3400 if parallel == "loky" else 300
    arguments = ["lr=0.5", "hidden=2,3", "epochs=300", f"seed=range(0,{seeds})", "report=false"]
    command = [sys.executable, "-m", "xorsweep", "-m", *arguments, f"parallel={parallel}"]
    for folder, env in (("jumping", bent), ("steady", dict(os.environ))):
        done = subprocess.run(
            [*command, f"hydra.sweep.dir={folder}"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    jumping, steady = (
        (tmp_path / name / "results.csv").read_bytes() for name in ("jumping", "steady")
    )
    assert jumping == steady
    assert pd.read_json(tmp_path / "jumping/manifest.json", typ="series")["seconds"] > 0
