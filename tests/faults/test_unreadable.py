"""A file that can't be read for now isn't damaged: one line, and nothing is moved or trained."""

import ctypes
import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from forged_parts import forge, with_value

import xorsweep as xs
from xorsweep.errors import StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import FAILED
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.parts import release_arrow_memory
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.replay import replay
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.verify import verify

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)
CAPABILITIES_VERSION = 0x20080522
OVERRIDES_PERMISSIONS = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
MIB = 2**20

READERS: list[Callable[[Path], object]] = [
    lambda sweep: resume_sweep(ResumeRequest(sweep, QUIET)),
    lambda sweep: remake_report(sweep, Console.silent()),
    lambda sweep: verify(str(sweep), sample=1),
    lambda sweep: replay(str(sweep), 0, sweep / "replay", Console.silent()),
    lambda sweep: merge(sweep.parent / "merged", [sweep, sweep]),
]


@pytest.fixture(scope="module")
def finished(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unreadable") / "sweep"
    run_sweep(
        SweepRequest(
            NetworkExperiment(), grid_of(hidden=2, lr=0.5, epochs=5, seed=range(3)), QUIET, folder
        )
    )
    return folder


@pytest.fixture
def sweep(finished: Path) -> Iterator[Path]:
    """Return a sweep in a folder that anybody can reach, and may write to."""
    with tempfile.TemporaryDirectory() as made:
        sweep = Path(shutil.copytree(finished, Path(made) / "sweep"))
        Path(made).chmod(0o777)
        for path in (sweep, *sweep.rglob("*")):
            path.chmod(0o777)
        yield sweep


@contextmanager
def without_privileges() -> Iterator[None]:
    """Let the superuser obey permissions, as anybody else does.

    It stays the same user, who may still import from a folder that is closed to others.
    """
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)  # of this thread
    # Effective, permitted and inheritable ones, the lower 32 of each and then the upper.
    before, after = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    for held in (before, after):
        assert libc.capget(header, held) == 0
    after[0] &= ~OVERRIDES_PERMISSIONS
    assert libc.capset(header, after) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@contextmanager
def memory_for(more: int) -> Iterator[None]:
    """Let this process have so many bytes more than it has, and no others."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def refusal(read: Callable[[Path], object], sweep: Path) -> str:
    """Return the message where a sweep cannot be read; nothing of it is moved."""
    before = set(sweep.rglob("*"))
    with pytest.raises(StoreError) as raised:
        read(sweep)
    assert before <= set(sweep.rglob("*"))
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("place", range(len(READERS)))
def test_parts_that_may_not_be_read_are_left_where_they_are(place: int, sweep: Path) -> None:
    (part,) = (sweep / "parts").iterdir()
    for forbidden, named in ((part, part), (sweep / "parts", sweep / "parts")):
        mode = forbidden.stat().st_mode
        forbidden.chmod(0)
        with without_privileges():
            said = refusal(READERS[place], sweep)
        assert said == f"{named} can't be read: Permission denied"
        forbidden.chmod(mode)


def test_an_unreadable_table_is_an_error(sweep: Path) -> None:
    (sweep / "results.parquet").chmod(0)
    with without_privileges():
        said = refusal(lambda sweep: xs.load(sweep).results, sweep)
    assert said == f"{sweep}/results.parquet can't be read: Permission denied"


def test_an_unreadable_manifest_is_an_error(sweep: Path) -> None:
    (sweep / "manifest.json").chmod(0)
    with without_privileges():
        said = refusal(xs.load, sweep)
    assert said == f"{sweep}/manifest.json can't be read: Permission denied"


def test_a_report_in_a_folder_that_can_only_be_read_is_one_line(sweep: Path) -> None:
    sweep.chmod(0o555)
    with without_privileges():
        said = refusal(lambda sweep: xs.load(sweep).report(), sweep)
        assert len(xs.load(sweep).results) == 3
    assert said.endswith(" can't be written: Permission denied")


def huge_curve(table: pa.Table) -> pa.Table:
    """Return a part whose points have one curve of 128 MiB, which take few bytes in a file."""
    offsets = np.array([0, *[32 * MIB] * 3], np.int32)
    lists = pa.ListArray.from_arrays(offsets, pa.array(np.zeros(32 * MIB, np.float32)))
    return table.set_column(table.column_names.index("learning_curve"), "learning_curve", lists)


def file_of_many_gibibytes(sweep: Path) -> None:
    (part,) = (sweep / "parts").iterdir()
    os.truncate(part, 16 * 2**30)


@pytest.mark.parametrize(
    "enlarge",
    [
        file_of_many_gibibytes,
        pytest.param(lambda sweep: forge(sweep, huge_curve), marks=pytest.mark.slow),
    ],
    ids=["file", "rows"],
)
def test_too_little_memory_is_no_damage(enlarge: Callable[[Path], object], sweep: Path) -> None:
    with release_arrow_memory():  # Arrow's own pool holds more than it says
        enlarge(sweep)
        (part,) = open_sweep(sweep).store.part_files()
        with memory_for(96 * MIB):
            said = refusal(READERS[0], sweep)
    assert said == f"{part} can't be read: there isn't enough memory"


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.set_column(
            table.column_names.index("output_0"), "output_0", pa.array(["a"] * len(table))
        ),
        lambda table: table.append_column("output_9", pa.array([0.5] * len(table))),
        pytest.param(
            lambda table: table.append_column("more", pa.array([0.5] * len(table))),
            marks=pytest.mark.slow,
        ),
        lambda table: table.drop_columns(["output_2"]),
        pytest.param(
            lambda table: table.append_column("mse", table["mse"]), marks=pytest.mark.slow
        ),
        # Found by those who draw, in processes of their own, which takes long.
        pytest.param(
            lambda table: table.set_column(
                table.column_names.index("learning_curve"),
                "learning_curve",
                pa.array([[None]] * len(table), pa.list_(pa.float32())),
            ),
            marks=pytest.mark.slow,
        ),
        with_value("point_id", 0, None),
        pytest.param(with_value("status", 0, None), marks=pytest.mark.slow),
        with_value("status", 0, 9),
        pytest.param(with_value("outcome", 0, -1), marks=pytest.mark.slow),
        pytest.param(with_value("solution", 0, "AND or OR"), marks=pytest.mark.slow),
        with_value("status", 0, FAILED),  # without a message
        pytest.param(with_value("parameters", 0, None), marks=pytest.mark.slow),
        lambda table: table.set_column(
            table.column_names.index("message"),
            "message",
            pa.array([b"\xff"] * len(table)).view(pa.string()),
        ),
    ],
)
def test_a_forged_part_of_another_form_is_damage(
    change: Callable[[pa.Table], pa.Table], sweep: Path
) -> None:
    undisturbed = (sweep / "results.csv").read_bytes()
    forge(sweep, change)
    (part,) = (sweep / "parts").iterdir()
    for read in READERS[1:]:
        assert refusal(read, sweep).startswith(f"{part} is damaged: ")
    resume_sweep(ResumeRequest(sweep, QUIET))
    assert (sweep / "damaged" / part.name).is_file()
    assert (sweep / "results.csv").read_bytes() == undisturbed


def test_forged_curves_of_another_length_are_reported(sweep: Path) -> None:
    forge(sweep, with_value("learning_curve", 0, [0.5, 0.25]))
    sweep_of_it = xs.load(sweep)
    with pytest.raises(StoreError, match="learning curves that haven't the length of their epochs"):
        sweep_of_it.plot.report_figures.tables.learning_curves(sweep_of_it.summary)
