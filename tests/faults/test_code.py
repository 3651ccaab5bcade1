"""The folder is data, and so is the command line: nothing in them becomes code of ours."""

import ast
import json
import os
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from command_line import run

import xorsweep

PACKAGE = Path(xorsweep.__file__).parent
SOURCES = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "hydra_plugins").rglob("*.py")]
RUNS_CODE = {"eval", "exec", "compile", "__import__", "instantiate", "get_method"}
BETWEEN_PROCESSES = "xorsweep/execution/forks.py"
PIPES = {"pickle.load(self._process.stdout)", "pickle.load(requests)"}
"""The ends of pipes between processes that xorsweep starts, which only they write to."""
LOADS_CODE = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "runpy"}


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that are called and imported."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                found.add(function.id)
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[0], *(name.name for name in node.names)}
    return found


def loads_of(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Yield the calls of `np.load`."""
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
            yield node


def unpickled(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Yield the calls of functions that unpickle."""
    for node in nodes:
        if isinstance(node, ast.Call) and "load" in ast.unparse(node.func).lower():
            yield node


def test_no_source_of_ours_makes_code_of_data_or_reads_arrays_with_pickles() -> None:
    assert len(SOURCES) > 300
    for path in SOURCES:
        nodes = list(ast.walk(ast.parse(path.read_text())))
        refused = RUNS_CODE | LOADS_CODE
        if path.relative_to(PACKAGE.parent).as_posix() == BETWEEN_PROCESSES:
            assert {ast.unparse(call) for call in unpickled(nodes)} == PIPES
            refused -= {"pickle"}
        assert not names_in(nodes) & refused, path
        for call in loads_of(nodes):
            (allowed,) = [each.value for each in call.keywords if each.arg == "allow_pickle"]
            assert ast.unparse(allowed) == "False", path


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.slow
def test_pickles_and_targets_in_a_folder_are_never_loaded(tmp_path: Path) -> None:
    small = ["lr=0.5", "hidden=2", "epochs=5", "seed=0,1", "report=false"]
    run(tmp_path, "-m", *small, "hydra.sweep.dir=sweep")
    folder, mark = tmp_path / "sweep", tmp_path / "obeyed"
    evil = pickle.dumps(Evil(mark))
    for name in ("parts/0123456789abcdef0123456789abcdef.parquet", "parts/evil.pkl", "evil.pkl"):
        (folder / name).write_bytes(evil)
    target = {"_target_": "os.mkdir", "path": str(mark), "_args_": [str(mark)]}
    (folder / "multirun.yaml").write_text(json.dumps({"hydra": target, "engine": target}))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["config"] = manifest["study"] = target
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = run(tmp_path, "-m", "resume=sweep", "report=false")
    names = ["name", "title", "question", "source", "reference", "certainty", "why", "cell"]
    known = ", ".join(f"study.{name}" for name in [*names, "figures"])
    unknown = f"study._target_: unknown key; known keys: {known}"
    assert done.stderr == f"sweep/manifest.json can't be used: {unknown}\n"
    assert not mark.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "argument",
    [
        "+x._target_=os.mkdir",
        "+init._target_=os.mkdir",
        "+task={_target_: os.mkdir, path: obeyed}",
        "+parallel={_target_: os.mkdir, path: obeyed}",
        "++engine={name: numpy, dtype: float64, _target_: os.mkdir, path: obeyed}",
        "lr={_target_: os.mkdir, path: obeyed}",
        "seed=0,{_target_: os.mkdir, path: obeyed}",
    ],
)
def test_no_target_of_the_command_line_is_instantiated(argument: str, tmp_path: Path) -> None:
    done = run(tmp_path, "-m", argument, "report=false", "hydra.sweep.dir=sweep")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "obeyed").exists()
    assert not (tmp_path / "sweep").exists()
