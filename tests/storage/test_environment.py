"""The machine, the versions, the commit and the time in a manifest."""

import json
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from xorsweep.storage.environment import GitState, git_state, machine, now, versions
from xorsweep.versions import __version__


def test_versions_and_the_machine_are_recorded() -> None:
    found = versions()
    assert found["xorsweep"] == __version__
    assert {"python", "numpy", "pyarrow", "joblib"} <= set(found)
    about = machine()
    assert about.cores
    assert isinstance(about.memory_gib, float)
    json.dumps(about.to_data())


def test_the_time_has_its_offset() -> None:
    assert datetime.fromisoformat(now()).tzinfo is not None


def test_git_gives_the_commit_and_whether_files_were_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state() is None
    me = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"]
    (tmp_path / "file").write_text("a")
    for command in (["init", "-q"], ["add", "file"], [*me, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert git_state() == GitState(commit=commit.stdout.strip(), dirty=False)
    (tmp_path / "new").write_text("b")
    assert git_state() == GitState(commit=commit.stdout.strip(), dirty=False)
    (tmp_path / "file").write_text("b")
    assert git_state() == GitState(commit=commit.stdout.strip(), dirty=True)


def test_a_machine_without_git_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state() is None
