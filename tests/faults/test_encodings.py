"""Text in an encoding other than UTF-8: files stay UTF-8, and unprintable text is escaped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

COMMANDS = """
import sys, warnings
from xorsweep.cli.main import main
warnings.filterwarnings("ignore", category=EncodingWarning)  # other packages
warnings.filterwarnings("error", category=EncodingWarning, module="xorsweep|hydra_plugins")
sys.path.insert(0, "")
GRID = ["lr=0.5,5", "hidden=2", "epochs=50", "seed=range(0,3)", "parallel=serial"]
for arguments in (
    ["epochs=50", "hydra.run.dir=run"],
    ["-m", *GRID, "hydra.sweep.dir=sweep"],
    ["-m", "resume=sweep", "seed=range(0,4)"],
    ["-m", *GRID[1:], "lr=2", "hydra.sweep.dir=other"],
    ["report", "sweep"],
    ["verify", "sweep"],
    ["merge", "merged", "sweep", "other"],
    ["compare", "sweep", "merged"],
    ["replay", "sweep", "1"],
    ["function", "mapped:double", "x=1,2", "hydra.sweep.dir=map", "parallel=serial"],
):
    try:
        main(arguments)
    except SystemExit as end:
        assert end.code in (0, None), (arguments, end.code)
"""
"""Commands one after the other, in one process; it raises where no encoding is named."""


@pytest.fixture(params=["ascii", "gbk"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return the variables of a platform whose encoding isn't UTF-8."""
    if request.param == "ascii":
        return ASCII
    made = tmp_path / "locales" / "zh_CN.GBK"
    made.parent.mkdir()
    localedef = shutil.which("localedef")
    command = [localedef or "", "-i", "zh_CN", "-f", "GBK", str(made)]
    if not localedef or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("the locale zh_CN.GBK can't be made here")
    return {"LOCPATH": str(made.parent), "LC_ALL": "zh_CN.GBK", "PYTHONUTF8": "0"}


def run(folder: Path, variables: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
        timeout=400,
    )
    out, err = (each.decode(errors="surrogateescape") for each in (done.stdout, done.stderr))
    return done.returncode, out, err


@pytest.mark.slow
def test_everything_works_where_the_platforms_encoding_isnt_utf_8(
    platform: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "mapped.py").write_text(
        "def double(point):\n    return {'y': 2 * point['x']}\n", encoding="utf-8"
    )
    script = tmp_path / "commands.py"
    script.write_text(COMMANDS, encoding="utf-8")
    code, _, err = run(folder, platform, "-X", "warn_default_encoding", str(script))
    assert (code, err) == (0, "")
    for path in folder.rglob("*"):
        if path.suffix in (".html", ".md", ".json", ".csv", ".yaml", ".log", ".svg"):
            path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "gbk"},
        pytest.param(ASCII, marks=pytest.mark.slow),
        pytest.param({"PYTHONIOENCODING": "utf-8"}, marks=pytest.mark.slow),
    ],
)
def test_characters_outside_the_encoding_are_printed_as_escapes(
    variables: dict[str, str], tmp_path: Path
) -> None:
    """Names in other alphabets, and one that is no text in UTF-8."""
    name = "\N{SNOWMAN}täglich\udcff"
    line = f"print({name!a})"
    start = "from xorsweep.reporting.standard_output import escape_unprintable as e; e(); "
    code, out, err = run(tmp_path, variables, "-c", start + line)
    assert (code, err) == (0, "")
    if variables == ASCII:
        assert out == "\\u2603t\\xe4glich\udcff\n"
    elif variables["PYTHONIOENCODING"] == "gbk":
        assert out == "\\u2603t\\xe4glich\\udcff\n"
    else:
        assert out == "\N{SNOWMAN}täglich\\udcff\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["t\udcc3\udca4glich", "\udcff"])
def test_a_name_that_the_terminal_cannot_show_is_no_traceback(name: str, tmp_path: Path) -> None:
    code, _, err = run(tmp_path, ASCII, "-m", "xorsweep", "report", name)
    assert code == 1
    assert err.endswith(" holds no sweep: it has no manifest.json\n")
    assert err.count("\n") == 1
