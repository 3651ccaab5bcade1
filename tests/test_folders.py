"""Folders: a fresh one each run, and `latest` beside them."""

from pathlib import Path

import pytest

from xorsweep.folders import make_free_folder, named_folder, point_latest


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


def test_latest_is_replaced_where_its_folder_is_gone(outputs: Path) -> None:
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
    assert named_folder("latest") == outputs / "latest"
