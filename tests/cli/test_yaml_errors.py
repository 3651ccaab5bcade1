"""Errors in a YAML file, with its name and line."""

from pathlib import Path

import pytest
import yaml

from xorsweep.cli.yaml_errors import fault_of, first_fault, groups_named

FAULTS = {
    "byte order mark": (
        b"\xef\xbb\xbf# @package _global_\nlr: 1\n",
        ", line 1: begins with a byte order mark; save the file as UTF-8 without one",
    ),
    "tab": (b"lr: 1\n\tseed: 7\n", ", line "),  # each YAML reader has its own words
    "latin": (b"lr: 1\n# caf\xe9\n", "line 2: isn't UTF-8 (byte 0xe9)"),
    "twice": (b"lr: 1\n\nlr: 2\n", "line 3: found duplicate key lr"),
    "open": (b"lr: [1, 2\n", "line 2: "),
    "nul": (b"lr: 1\nseed: \0\n", "line 2: the character U+0000 isn't allowed"),
    "alias": (b"lr: *one\n", "line 1: found undefined alias"),
    "two": (b"lr: 1\n---\nlr: 2\n", "line 2: but found another document"),
    "tag": (b"lr: !!python/object:os.system {}\n", "line 1: could not determine a constructor"),
    "list": (b"- lr: 1\n", "is a list; must be keys and their values"),
    "header": (b"# @package _global_ please\nlr: 1\n", "line 1: # @package _global_ please: must"),
    "slash": (b"defaults:\n  - override optimizer: adam\n", "has no slash; write override /opt"),
    "defaults": (b"defaults: 3\n", "defaults=3: must be a list"),
    "axes": (b"grid:\n  axes: [lr]\n", "grid.axes=['lr']: must be keys and their levels"),
    "interpolation": (b"lr: ${\n", "no viable alternative"),
    "deep": (b"lr: " + b"[" * 1000 + b"]" * 1000 + b"\n", "nest"),
}
"""`nest` stands for nested or nesting: newer readers have a limit of their own."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_in_one_line(name: str, tmp_path: Path) -> None:
    data, said = FAULTS[name]
    path = tmp_path / "mine.yaml"
    path.write_bytes(data)
    line = fault_of(path)
    assert line is not None
    assert line.startswith(f"{path}")
    assert said in line
    assert "\n" not in line


def test_a_file_without_a_fault_has_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "# @package _global_\n# words\ndefaults:\n  - override /optimizer: adam\nlr: ${seed}\n"
    )
    assert fault_of(path) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config-dir", "{}", "study=mine"],
        ["--config-dir={}", "-m", "+study=mine"],
        ["-cd", "{}", "-c", "job"],
        ["-cp", "{}", "-cn", "mine"],
        ["hydra.searchpath=[file://{}]", "study=mine"],
    ],
)
def test_the_file_is_found_however_its_folder_is_named(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "study").mkdir()
    for path in (tmp_path / "study/mine.yaml", tmp_path / "mine.yaml"):
        path.write_bytes(b"lr: \xff\n")
    named = [each.format(tmp_path) for each in arguments]
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "")
    assert "mine.yaml, line 1: isn't UTF-8" in str(first_fault(error, named))
    assert groups_named(named) >= {"study"}


def test_an_unchosen_file_is_blamed_only_for_errors_of_yaml(
    tmp_path: Path,
) -> None:
    (tmp_path / "other.yaml").write_bytes(b"\xff")
    named = [f"--config-dir={tmp_path}", "lr=1"]
    assert first_fault(KeyError(), named) is None
    assert first_fault(yaml.YAMLError(), named) is not None
