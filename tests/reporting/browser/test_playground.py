"""The playground on the page of a run, which trains networks as Python does."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from xorsweep.analysis.intervals import rate_interval
from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import train_single
from xorsweep.reporting.wording import share_text
from xorsweep.text import typeset

from .pages import ENGINE_RUNS, Open, RunPages, are_apart, boxes, needs_browser

pytestmark = needs_browser


TRAIN = """([initial, lr, epochs]) => {
  const data = JSON.parse(document.getElementById("run-data").textContent);
  const { inputs, targets, shape } = data.scrubber;
  const training = network.training(shape, { inputs, targets }, initial, lr);
  for (let n = 0; n < epochs; n++) training.epoch();
  return inputs.map((row) => Array.from(network.forward(shape, training.weights, row).outputs));
}"""


@pytest.mark.parametrize("name", ENGINE_RUNS)
def test_the_page_trains_as_python_does(name: str, opened: Open, run_pages: RunPages) -> None:
    path, run = run_pages[name]
    initial, lr = run.parameters[:, 0].tolist(), run.point["lr"]
    outputs = opened(path).evaluate(TRAIN, [initial, lr, 1000])
    np.testing.assert_allclose(outputs, run.final_outputs, rtol=0, atol=1e-9)


def test_a_seed_of_the_page_draws_the_weights_of_numpy(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    for seed in (0, 3, 12_345, 2**32 - 1):
        drawn = page.evaluate(
            "seed => network.initialWeights({ inputs: 2, hidden: 200, outputs: 1 }, seed, -1, 2)",
            seed,
        )
        wanted = -1 + 3 * np.random.RandomState(seed).random_sample(801)
        np.testing.assert_array_equal(drawn, wanted)


def test_the_interval_of_the_page_is_that_of_the_report(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    for count, total in ((0, 1), (0, 200), (1, 7), (154, 200), (200, 200)):
        found = page.evaluate("([n, all]) => network.rateInterval(n, all)", [count, total])
        assert found == pytest.approx(rate_interval(count, total), abs=1e-12)


def test_percentages_are_rounded_as_in_the_report(opened: Open, run_pages: RunPages) -> None:
    shares = [count / total for total in (8, 16, 40, 160, 200, 7) for count in range(total + 1)]
    numbers = [100 * share for share in shares]  # some of them exactly between two others
    for digits in (0, 1, 2):
        found = opened(run_pages["xor"][0]).evaluate(
            "([numbers, digits]) => numbers.map((each) => network.fixed(each, digits))",
            [numbers, digits],
        )
        assert found == [f"{number:.{digits}f}" for number in numbers]


def test_the_share_of_seeds_is_that_of_a_sweep(
    opened: Open, run_pages: RunPages, point_of: Callable[..., Point]
) -> None:
    page = opened(run_pages["xor"][0])
    page.locator("[name=epochs]").fill("1500")
    converges = page.evaluate(
        """seeds => {
          const { inputs, targets, shape, limit } = JSON.parse(
            document.getElementById("run-data").textContent).playground;
          const made = { ...shape, hidden: 2 };
          return seeds.map((seed) => network.converges(made, { inputs, targets },
            network.initialWeights(made, seed, 0, 1), 0.5, 1500, limit));
        }""",
        list(range(12)),
    )
    runs = [train_single(point_of(lr=0.5, epochs=1500, seed=seed)) for seed in range(12)]
    assert converges == [run.converged_epoch is not None for run in runs]
    page.locator("[name=seed]").fill("0")
    page.get_by_role("button", name="Train 200 seeds").click()
    share = page.locator(".share")
    expect(share).to_contain_text(
        "of the 200 seeds 0 to 199 converge within 1,500", timeout=120_000
    )
    solved = int(share.inner_text().split()[0])
    expect(share).to_contain_text(f"epochs: {typeset(share_text(solved, 200))}, a")


def test_own_weights_are_taken_as_numpy_prints_them(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    play = page.locator("#playground")
    play.get_by_text("your own initial weights").click()
    weights = play.get_by_role("textbox", name="Initial weights", exact=True)
    values = np.random.RandomState(7).random_sample(13)
    w1, b1, w2, b2 = np.split(values, [6, 9, 12])
    weights.fill(f"Initial hidden weights: {w1.reshape(2, 3)}\n{b1}\n{w2.reshape(3, 1)} {b2}")
    play.get_by_role("button", name="Use these weights").click()
    expect(play.locator("[name=hidden]")).to_have_value("3")
    w1, b1, w2, b2 = (np.array([float(f"{x:.8f}") for x in part]) for part in (w1, b1, w2, b2))
    hidden = 1 / (1 + np.exp(-(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) @ w1.reshape(2, 3) + b1)))
    outputs = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    texts = play.locator("[data-part=outputs] td.number").all_inner_texts()
    assert [float(text) for text in texts] == pytest.approx(outputs.tolist(), abs=1e-4)
    weights.fill("1 2 3")
    play.get_by_role("button", name="Use these weights").click()
    expect(play.get_by_role("alert")).to_contain_text("3 numbers: a network of 2 inputs")
    expect(play.get_by_role("alert")).to_contain_text("29 or 33 numbers with 1 to 8 hidden units")
    weights.fill("no weights")
    play.get_by_role("button", name="Use these weights").click()
    expect(play.get_by_role("alert")).to_contain_text("0 numbers: a network of 2 inputs")


def test_no_label_of_the_hidden_plane_covers_a_mark(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    plane = page.locator("#playground [data-part=hidden] svg")
    seed = page.locator("#playground [name=seed]")
    for number in range(8):
        seed.fill(str(number))
        marks, labels = (
            boxes(plane.locator(".hidden-mark")),
            boxes(plane.locator("text:not(.name)")),
        )
        assert len(marks) == 4
        assert labels
        assert all(are_apart(mark, label) for mark in marks for label in labels), number


def test_the_playground_trains_and_starts_again(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    play = page.locator("#playground")
    state = play.locator(".state")
    expect(state).to_contain_text("0 epochs")
    play.get_by_role("button", name="Train", exact=True).click()
    expect(state).to_contain_text("1,000 epochs", timeout=60_000)
    play.get_by_role("button", name="New weights").click()
    expect(play.locator("[name=seed]")).to_have_value("4")
    expect(state).to_contain_text(re.compile(r"^0 epochs"))
    play.locator("[name=hidden]").fill("5")
    expect(play.locator("[data-part=network] circle")).to_have_count(8)
