"""Files inside a sweep's folder: anything but a plain file or folder is refused unopened."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from xorsweep.errors import IrregularFileError
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.plain_files import (
    check_is_file,
    copy_tree,
    create_file,
    files_in,
    make_folder,
    open_file,
    read_bytes,
    remove_tree,
)

Make = Callable[[Path], object]


def link_to_a_file(path: Path) -> None:
    (path.parent / "elsewhere").write_bytes(b"theirs")
    path.symlink_to("elsewhere")


def link_to_a_folder(path: Path) -> None:
    (path.parent / "elsewhere").mkdir()
    path.symlink_to("elsewhere")


def link_to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


LINKS = [link_to_a_file, link_to_a_folder, link_to_nowhere]
OTHERS = [os.mkfifo, bound_socket]


@pytest.mark.parametrize("make", [*LINKS, *OTHERS, os.mkdir], ids=lambda make: make.__name__)
def test_only_a_plain_file_is_opened(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    make(path)
    for attempt in (open_file, read_bytes, check_is_file):
        with pytest.raises(IrregularFileError, match=r"it is a link|it isn't a file") as raised:
            attempt(path)
        assert raised.value.filename == str(path)
    with pytest.raises(FileExistsError):
        create_file(path)


@pytest.mark.parametrize("make", [*LINKS, *OTHERS, Path.touch], ids=lambda make: make.__name__)
def test_only_a_plain_folder_is_used(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "figures"
    make(path)
    for attempt in (make_folder, files_in):
        with pytest.raises(IrregularFileError, match=r"it is a link|it isn't a folder"):
            attempt(path)


def test_the_folder_of_the_sweep_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "sweep").symlink_to("disk")
    write_atomically(make_folder(tmp_path / "sweep/parts") / "a", b"mine")
    assert read_bytes(tmp_path / "sweep/parts/a") == b"mine"
    assert files_in(tmp_path / "sweep/parts") == [tmp_path / "sweep/parts/a"]
    assert files_in(tmp_path / "sweep/absent") == []


@pytest.mark.parametrize("make", [link_to_a_file, link_to_nowhere, os.mkfifo])
def test_a_written_file_replaces_a_link(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    make(path)
    make_temporary = tmp_path / ".report.md.tmp"
    make_temporary.symlink_to("elsewhere")
    write_atomically(path, b"mine")
    assert not path.is_symlink()
    assert path.read_bytes() == b"mine"
    assert make_temporary.is_symlink()
    if make is link_to_a_file:
        assert (tmp_path / "elsewhere").read_bytes() == b"theirs"


def test_removing_a_tree_keeps_the_targets_of_its_links(tmp_path: Path) -> None:
    path, kept = tmp_path / ".shards", tmp_path / "elsewhere/kept"
    link_to_a_folder(path)
    kept.touch()
    remove_tree(path)
    remove_tree(path)
    (tmp_path / "made").mkdir()
    (tmp_path / "made/link").symlink_to("../elsewhere")
    remove_tree(tmp_path / "made")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "elsewhere", kept]


def test_a_tree_is_copied_over_links_and_never_through_them(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    write_atomically(make_folder(make_folder(source) / "parts") / "a", b"mine")
    write_atomically(source / "left out", b"")
    write_atomically(source / "b", b"mine")
    make_folder(target)
    (target / "b").write_bytes(b"old")
    copy_tree(source, target, {"left out"})
    assert sorted(path.name for path in target.rglob("*")) == ["a", "b", "parts"]
    assert read_bytes(target / "b") == read_bytes(target / "parts/a") == b"mine"
    (target / "b").unlink()
    link_to_a_file(target / "b")
    with pytest.raises(IrregularFileError):
        copy_tree(source, target)
    assert (target / "elsewhere").read_bytes() == b"theirs"
