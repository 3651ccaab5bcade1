"""The page of a single run: it holds the computed numbers, stands alone, and survives any run."""

import base64
import math
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from naive_loop import gradient_of
from PIL import Image

from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine
from xorsweep.networks.hidden_space import hidden_space
from xorsweep.networks.single_run import SingleRun, train_single
from xorsweep.reporting.explanation import RunDiagnosis
from xorsweep.reporting.run_page import ANIMATION, PAGE, STILLS, places_shown, write_page
from xorsweep.text import typeset

PointOf = Callable[..., Point]

VOID = {"meta", "img", "source", "input", "br", "link"}


class Tree(HTMLParser):
    """Reads a page, and fails where an element isn't closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(run: SingleRun, folder: Path) -> Tree:
    paths = write_page(run, folder)
    assert paths[-1] == folder / PAGE
    return Tree(paths[-1].read_text(encoding="utf-8"))


def content(data: str | None) -> bytes:
    assert data is not None
    head, _, code = data.partition(",")
    assert re.fullmatch(r"data:image/(png|gif);base64", head)
    return base64.b64decode(code)


@pytest.fixture(scope="module")
def solved(point_of: PointOf) -> SingleRun:
    return train_single(point_of(lr=1.0, epochs=2000))


@pytest.fixture(scope="module")
def written(solved: SingleRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the solved run's page and animation."""
    folder = tmp_path_factory.mktemp("page")
    write_page(solved, folder)
    return folder


@pytest.fixture(scope="module")
def solved_page(written: Path) -> Tree:
    return Tree((written / PAGE).read_text(encoding="utf-8"))


RUNS: dict[str, dict[str, Any]] = {
    "unsolved": {"init": "symmetric", "init__range": 6.0, "seed": 2, "lr": 0.5},
    "soft and bipolar": {"task__levels": "soft", "task__encoding": "bipolar"},
    "direct connections": {"hidden": 1, "skip": True, "activation": "tanh", "schedule": "online"},
    "parity": {"task": "parity", "hidden": 4, "lr": 1.0},
    "wide parity": {"task": "parity", "task__bits": 6, "hidden": 20},
    "encoder": {"task": "encoder", "hidden": 5, "lr": 1.0},
    "one epoch": {"epochs": 1},
    "no epoch": {
        "until_converged": True,
        "criterion": "margin",
        "criterion__threshold": 5.0,
    },
    "diverged": {"lr": 0.6, "seed": 3, "hidden": 4, "output": "linear", "activation": "relu"},
    "infinite from the start": {
        "init__low": -1.7e308,
        "init__high": 1.7e308,
        "output": "linear",
        "activation": "relu",
    },
}


QUICK = {"unsolved", "encoder", "no epoch"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in RUNS]
)
def test_any_run_has_a_page_that_stands_alone(point_of: PointOf, tmp_path: Path, name: str) -> None:
    run = train_single(point_of(**{"epochs": 300, **RUNS[name]}))
    tree = page_of(run, tmp_path)
    raw = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert len(raw) < 700_000
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", raw)
    assert all(str(link["href"]).startswith("data:") for link in tree.attributes("link"))
    assert "None" not in tree.words
    assert not {"nan", "inf"} & set(tree.words)
    for image in tree.attributes("img"):
        Image.open(BytesIO(content(image["src"]))).load()
        assert image["alt"]
    for drawing in tree.attributes("svg"):
        assert drawing["role"] == "img"
        assert drawing["aria-label"]
    identifiers = [attributes["id"] for _, attributes in tree.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_the_page_describes_the_end_of_the_run(solved: SingleRun, solved_page: Tree) -> None:
    tree = solved_page
    assert "xor, 2-2-1: solved" in tree.text
    met = solved.converged_epoch
    criterion = "fahlman: every error below 0.4"
    assert (
        f"The run first met the criterion ({criterion}) after {met} of 2,000 epochs." in tree.text
    )
    for row, output in zip(solved.task.row_labels(), solved.final_outputs[:, 0], strict=True):
        place = tree.words.index(row)
        found = tree.words[place + 3]
        assert float(found) == pytest.approx(output, rel=1e-3)
    for output in solved.outputs_before_last_epoch[:, 0]:
        assert f"{output:.8f}" in tree.text


def test_an_unsolved_run_is_at_its_plateau_after_its_epochs(
    point_of: PointOf, tmp_path: Path
) -> None:
    run = train_single(point_of(lr=0.5, seed=11, epochs=5000))
    text = page_of(run, tmp_path).text
    assert "Two rows are right, the other two are at one half (two_rows_at_half)." in text
    assert "The run is still at this plateau after 5,000 epochs." in text
    assert re.search(r"After the last epoch the gradient of the loss has norm 0\.\d+\.", text)
    assert "come to rest" not in text


def test_the_page_explains_the_end_of_the_run(point_of: PointOf, tmp_path: Path) -> None:
    run = train_single(point_of(seed=11))
    tree = page_of(run, tmp_path)
    assert "Why it isn't solved" in tree.text
    for sentence in RunDiagnosis(run).sentences:
        assert typeset(sentence) in tree.text
    space = hidden_space(run.training, run.parameters[:, -1])
    for row in range(4):
        for unit in range(2):
            assert f"{space.hidden_outputs[row, unit]:#.4g}" in tree.words
        assert f"{space.error_signals[row, 0]:#.4g}".replace("-", "\N{MINUS SIGN}") in tree.words


def test_other_networks_have_a_table_of_hidden_outputs(point_of: PointOf, tmp_path: Path) -> None:
    run = train_single(point_of(task="parity", task__bits=5, hidden=14, epochs=20))
    tree = page_of(run, tmp_path)
    assert len(tree.attributes("svg")) == 3
    assert "There are 16 more rows and 2 more hidden units." in tree.text
    space = hidden_space(run.training, run.parameters[:, -1])
    assert f"{space.hidden_outputs[15, 11]:#.4g}" in tree.words


SATURATED: dict[str, Any] = {
    "init": "symmetric",
    "init__range": 50.0,
    "seed": 2,
    "epochs": 200,
}


@pytest.mark.parametrize(
    ("keys", "still"),
    [
        ({}, True),
        pytest.param({"lr": 100.0}, False, marks=pytest.mark.slow),
        pytest.param({"optimizer": "momentum"}, False, marks=pytest.mark.slow),
        pytest.param({"schedule": "online"}, False, marks=pytest.mark.slow),
    ],
)
def test_nothing_moves_any_more_where_the_gradient_shows_it(
    point_of: PointOf, tmp_path: Path, keys: dict[str, Any], still: bool
) -> None:
    point = point_of(**SATURATED | keys)
    run = train_single(point)
    gradient = gradient_of(point, run.parameters[:, -1].tolist())
    way = float(point["lr"]) * math.hypot(*gradient) * 200
    plain = point["optimizer"] == "sgd" and point["schedule"] == "batch"
    assert still == (plain and way < 1e-6)
    assert ("training has come to rest" in page_of(run, tmp_path).text) == still


def test_both_networks_are_drawn_and_every_weight_is_listed(
    solved: SingleRun, solved_page: Tree
) -> None:
    tree = solved_page
    plane, first, last, curve = tree.attributes("svg")
    assert "hidden unit 1 and 2 for each row after 2,000 epochs" in str(plane["aria-label"])
    assert f"input 1 to hidden 1 {solved.initial.w1[0, 0]:.3f}" in str(first["aria-label"])
    assert f"input 1 to hidden 1 {solved.final.w1[0, 0]:.2f}" in str(last["aria-label"])
    assert "after 2,000 epochs" in str(curve["aria-label"])
    for value in solved.parameters[:, [0, -1]].ravel():
        assert typeset(f"{value:.8f}") in tree.words


def test_the_animation_lies_beside_the_page_and_within_it(written: Path, solved_page: Tree) -> None:
    gif = (written / ANIMATION).read_bytes()
    moving, held, *stills = solved_page.attributes("img")
    assert content(moving["src"]) == gif
    assert len(gif) < 500_000
    picture = Image.open(BytesIO(gif))
    assert picture.n_frames > 20
    assert (str(picture.width), str(picture.height)) == (moving["width"], moving["height"])
    assert len(stills) == STILLS
    picture.seek(picture.n_frames - 1)
    last = Image.open(BytesIO(content(held["src"])))
    np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), last.convert("RGB"))


def test_readers_who_want_nothing_to_move_get_a_still(solved_page: Tree) -> None:
    (source,) = solved_page.attributes("source")
    assert source["media"] == "(prefers-reduced-motion: reduce)"
    assert content(source["srcset"]).startswith(b"\x89PNG")


def test_pictures_are_described_by_their_numbers(solved: SingleRun, solved_page: Tree) -> None:
    *_, last = solved_page.attributes("img")
    for output in solved.final_outputs[:, 0]:
        assert f"{output:#.3g}".rstrip(".") in str(last["alt"])


def test_a_diverged_run_is_shown_as_far_as_it_can_be_drawn(
    point_of: PointOf, tmp_path: Path
) -> None:
    run = train_single(point_of(**RUNS["diverged"]))
    last = places_shown(run, 30)[-1]
    assert (run.errors.final_error[: last + 1] < 1e9).all()
    assert not run.errors.final_error[last + 1] < 1e9
    tree = page_of(run, tmp_path)
    assert f"After {run.epochs[last]} epochs, before it diverged" in tree.text
    assert "not a number" in tree.text


def test_a_run_without_a_single_finite_error_has_no_animation(
    point_of: PointOf, tmp_path: Path
) -> None:
    run = train_single(point_of(epochs=5, **RUNS["infinite from the start"]))
    assert places_shown(run, 30) == []
    tree = page_of(run, tmp_path)
    assert not tree.attributes("img")
    assert not (tmp_path / ANIMATION).exists()
    assert ANIMATION not in tree.text


@pytest.mark.parametrize("count", [1, 6, 30, 1000])
def test_places_lead_from_the_first_epoch_to_the_last(solved: SingleRun, count: int) -> None:
    places = places_shown(solved, count)
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, len(solved.epochs) - 1)
    assert len(places) <= max(count, 2)


def test_frames_crowd_where_the_outputs_move(solved: SingleRun) -> None:
    epochs = np.array(solved.epochs)[places_shown(solved, 30)]
    met = solved.converged_epoch
    assert met is not None
    assert ((met / 2 < epochs) & (epochs < 2 * met)).sum() > 8
    assert (epochs < 20).sum() >= 3


def command_on(tree: Tree, start: str) -> list[str]:
    (found,) = re.findall(rf"{start}.*?(?:seed=\S+?)(?:'|(?=\s))", tree.text)
    return shlex.split(found)


def test_the_command_on_the_page_trains_the_same_run(point_of: PointOf, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"lr": 0.7, "hidden": 3, "seed": 9, "epochs": 40}
    keys |= {"optimizer": "momentum", "optimizer__momentum": 0.25}
    trained = train_single(point_of(**keys))
    command = command_on(page_of(trained, tmp_path), "python -m xorsweep task")
    assert "optimizer.momentum=0.25" in command
    assert not any(part.startswith("task.levels") for part in command)
    done = run(tmp_path, *command[3:], f"hydra.run.dir={tmp_path / 'again'}")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "again/weights.npz") as weights:
        np.testing.assert_array_equal(weights["w1"][1], trained.final.w1)


def test_the_page_leads_to_a_sweep(point_of: PointOf, tmp_path: Path) -> None:
    tree = page_of(train_single(point_of(epochs=5, seed=3)), tmp_path)
    command = command_on(tree, "python -m xorsweep -m")
    assert command[-1] == "seed=range(0,100)"
    assert "seed=3" not in command
    printed = page_of(train_single(point_of(epochs=5, init="printed")), tmp_path)
    assert "init=uniform" in command_on(printed, "python -m xorsweep -m")


def test_another_engine_is_in_the_commands(point_of: PointOf, tmp_path: Path) -> None:
    tree = page_of(train_single(point_of(epochs=5), Engine(dtype="float32")), tmp_path)
    assert tree.text.count("engine=numpy engine.dtype=float32") == 2


def test_the_page_is_the_same_each_time(solved: SingleRun, written: Path, tmp_path: Path) -> None:
    again = write_page(solved, tmp_path)
    assert [path.read_bytes() for path in again] == [
        (written / path.name).read_bytes() for path in again
    ]


CHROMIUM = shutil.which("chromium")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("width", [500, 1280])
def test_a_browser_shows_the_page_without_complaint(
    written: Path, tmp_path: Path, width: int
) -> None:
    done = subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={width},1600",
            f"--screenshot={tmp_path / 'page.png'}",
            (written / PAGE).as_uri(),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr
    shown = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"))
    assert shown.shape[1] == width
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 200
    assert (shown[:, width - 20 : width - 16] == 255).all()  # nothing runs over the edge
