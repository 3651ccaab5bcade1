"""docs/reliability.md: each promise names a test, and the test is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(test_\w+)`", (ROOT / "docs/reliability.md").read_text())


def test_every_test_that_is_named_exists() -> None:
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    found = {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    assert len(NAMED) > 30
    assert not set(NAMED) - found


def test_every_fault_that_is_tested_is_named() -> None:
    unnamed = {
        node.name
        for path in (ROOT / "tests/faults").glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any("slow" in ast.unparse(mark) for mark in node.decorator_list)
    } - set(NAMED)
    assert unnamed <= {"test_entries_written_into_the_manifest_by_hand_are_shown_and_not_obeyed"}
