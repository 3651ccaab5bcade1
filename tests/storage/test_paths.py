"""Folders: a fresh one each run, and `latest` beside them."""

import os
from pathlib import Path

import pytest

from xorsweep.errors import ConfigError
from xorsweep.storage.paths import (
    check_free,
    folder_of,
    make_folder,
    make_free_folder,
    named_folder,
    point_latest,
)


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "outputs"


def run_folder(outputs: Path, time: str) -> Path:
    folder = outputs / "2026-01-02" / time
    folder.mkdir(parents=True)
    return folder


def test_a_folder_that_is_free_is_taken_as_it_is(tmp_path: Path) -> None:
    assert make_free_folder(tmp_path / "10-11-12") == tmp_path / "10-11-12"


def test_a_folder_that_is_taken_gets_the_next_number(tmp_path: Path) -> None:
    folder = tmp_path / "10-11-12.5"
    for name in ("10-11-12.5", "10-11-12.5-2", "10-11-12.5-3"):
        assert make_free_folder(folder).name == name


def test_a_file_in_the_way_counts_as_taken(tmp_path: Path) -> None:
    (tmp_path / "sweep").write_text("")
    assert make_free_folder(tmp_path / "sweep").name == "sweep-2"


def test_latest_points_to_the_newest(outputs: Path) -> None:
    for time in ("10-00-00", "11-00-00"):
        folder = run_folder(outputs, time)
        point_latest(folder)
        assert named_folder("latest") == folder
    assert sorted(path.name for path in outputs.iterdir()) == ["2026-01-02", "latest"]


def test_latest_is_relative_so_that_outputs_can_be_moved(outputs: Path) -> None:
    point_latest(run_folder(outputs, "10-00-00"))
    assert (outputs / "latest").readlink() == Path("2026-01-02/10-00-00")
    moved = outputs.rename(outputs.with_name("elsewhere"))
    assert (moved / "latest").resolve() == moved / "2026-01-02" / "10-00-00"


def test_a_relative_folder_is_pointed_to(outputs: Path) -> None:
    folder = run_folder(outputs, "10-00-00")
    point_latest(folder.relative_to(outputs.parent))
    assert named_folder("latest") == folder


def test_latest_is_replaced_where_its_folder_was_removed(outputs: Path) -> None:
    first = run_folder(outputs, "10-00-00")
    point_latest(first)
    first.rmdir()
    second = run_folder(outputs, "11-00-00")
    point_latest(second)
    assert named_folder("latest") == second


def test_a_folder_named_latest_is_left_alone(outputs: Path) -> None:
    (outputs / "latest").mkdir(parents=True)
    point_latest(run_folder(outputs, "10-00-00"))
    assert not (outputs / "latest").is_symlink()


@pytest.mark.parametrize("elsewhere", ["mine", "mine/a/b", "outputs/one", "outputs/a/b/c"])
def test_a_folder_elsewhere_is_not_pointed_to(outputs: Path, elsewhere: str) -> None:
    folder = outputs.parent / elsewhere
    folder.mkdir(parents=True)
    point_latest(folder)
    assert not list(outputs.parent.rglob("latest"))


def test_a_sweep_is_named_by_its_path(outputs: Path) -> None:
    assert named_folder("outputs/2026-01-02/10-00-00") == Path("outputs/2026-01-02/10-00-00")
    with pytest.raises(ConfigError, match=r"^latest: there is no outputs/latest here; name a fol"):
        named_folder("latest")


def test_latest_is_the_newest_sweep_where_a_single_run_came_later(outputs: Path) -> None:
    for name in ("10-00-00", "10-00-00-2", "09-59-59-3"):
        (run_folder(outputs, name) / "manifest.json").touch()
    single = run_folder(outputs, "11-00-00")
    (single / "run.json").touch()
    point_latest(single)
    assert named_folder("latest") == outputs / "2026-01-02/10-00-00-2"
    for path in outputs.glob("*/*/manifest.json"):
        path.unlink()
    with pytest.raises(ConfigError, match=r"^latest: outputs/latest is a single run, and outputs"):
        named_folder("latest")


@pytest.mark.parametrize("target", ["nowhere", "outputs", "file"])
def test_outputs_that_can_be_no_folder_are_reported_in_one_line(outputs: Path, target: str) -> None:
    (outputs.parent / "file").touch()
    outputs.symlink_to(target)
    said = rf"can't be made \(.*: .*outputs is a link to {target}, which isn't a folder\)"
    for make in (make_free_folder, make_folder):
        with pytest.raises(ConfigError, match=said):
            make(outputs / "2026-01-02" / "10-00-00")


def test_a_link_that_leads_nowhere_counts_as_taken(tmp_path: Path) -> None:
    (tmp_path / "sweep").symlink_to("nowhere")
    assert make_free_folder(tmp_path / "sweep").name == "sweep-2"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("target", ["latest", "gone"])
def test_latest_that_leads_nowhere_is_reported_and_replaced(outputs: Path, target: str) -> None:
    outputs.mkdir()
    (outputs / "latest").symlink_to(target)
    with pytest.raises(ConfigError, match=f"^latest: outputs/latest is a link to {target}, which"):
        named_folder("latest")
    folder = run_folder(outputs, "10-00-00")
    assert point_latest(folder) == []
    assert named_folder("latest") == folder


def test_latest_that_cannot_be_made_is_reported_and_costs_nothing(
    outputs: Path,
) -> None:
    folder = run_folder(outputs, "10-00-00")
    (outputs / f".latest.{os.getpid()}").mkdir()
    (line,) = point_latest(folder)
    assert line.startswith(f"{outputs / 'latest'} doesn't point to {folder}: ")


def test_a_folder_is_named_by_its_path_or_from_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert folder_of("~/x") == tmp_path / "x"
    assert folder_of("~") == tmp_path
    assert folder_of("run:1") == Path("run:1")
    assert folder_of("a/~/b") == Path("a/~/b")
    # Not Path("~"), which pandas and pyarrow would take for the home folder.
    assert folder_of("./~") == tmp_path / "~"


@pytest.mark.parametrize("text", ["", "s3://bucket/x", "file:///tmp/x", "~nobody-of-that-name/x"])
def test_a_path_that_names_no_local_folder_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=rf"^hydra.sweep.dir={text}: "):
        folder_of(text, "hydra.sweep.dir")


@pytest.mark.parametrize("name", ["run.json", "weights.npz", "manifest.json", "parts"])
def test_a_folder_with_files_of_another_run_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").touch()
    check_free(tmp_path, "hydra.run.dir")
    (tmp_path / name).symlink_to("nowhere")
    with pytest.raises(ConfigError, match=f"already holds a .*{name}; choose another folder"):
        check_free(tmp_path, "hydra.run.dir")
