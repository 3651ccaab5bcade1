"""The lines that a person sees, on a terminal and without one."""

import io
import logging
import os
import re
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console as RichConsole
from rich.text import Text

from xorsweep.reporting.console import Console
from xorsweep.reporting.progress import RateColumn, rate_text


def plain(width: int = 100) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(RichConsole(file=text, width=width, soft_wrap=True, highlight=False)), text


def live() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(RichConsole(file=text, width=100, force_terminal=True, soft_wrap=True)), text


def summary_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    defaults = {"epochs": 100, "runs": 10, "rate": 0.5, "rate_low": 0.4, "rate_high": 0.6}
    keys = [key for key in rows[0] if key not in defaults]
    frame = pd.DataFrame([{**defaults, **row} for row in rows])
    return frame[[*keys, *defaults]].assign(expected_running_time=9.0)


def table_text(summary: pd.DataFrame, swept: list[str], width: int = 100) -> str:
    shown, text = plain(width)
    shown.rates(summary, swept)
    return text.getvalue()


def test_lines_are_printed_as_they_are_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    shown, text = plain()
    with caplog.at_level(logging.INFO, logger="xorsweep"):
        shown.log("seed=range(0,3) [bold] :smile: 1e-3")
    assert text.getvalue() == "seed=range(0,3) [bold] :smile: 1e-3\n"
    assert caplog.messages == ["seed=range(0,3) [bold] :smile: 1e-3"]


def test_without_a_terminal_there_are_no_control_characters() -> None:
    shown, text = plain()
    shown.line_every = 0.0
    with shown.progress(4_000_000) as advance:
        for _ in range(4):
            advance(1_000_000)
    shown.rates(summary_of([{"hidden": 2}]), [])
    assert re.search(
        r"^25 % trained, [\d,.]+ [kM] net-epochs/s, \d+ s left$", text.getvalue(), re.M
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text.getvalue())


def test_the_bar_is_there_from_the_start() -> None:
    shown, text = live()
    with shown.progress(10):
        assert "training" in text.getvalue()


@pytest.mark.parametrize("width", [60, 80])
def test_a_bar_names_both_of_its_times_in_a_narrow_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RateColumn, "render", lambda *_: Text(rate_text(123_456_789.0)))
    text = io.StringIO()
    shown = Console(RichConsole(file=text, width=width, force_terminal=True))
    with shown.progress(100_000_000) as advance:
        advance(50_000_000)
        advance(1)
    *_, last = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text.getvalue()).strip().splitlines()
    assert re.search(r"50 % 123.5 M net-epochs/s 0:00:\d\d elapsed [-\d:]+ left", last)
    assert ("training" in last) == (width == 80)


def test_a_step_is_shown_on_a_terminal_alone() -> None:
    for shown, text in (live(), plain()):
        with shown.step("drawing figures"):
            pass
        assert ("drawing figures" in text.getvalue()) == shown.console.is_terminal


def test_sentences_are_wrapped_on_a_terminal_alone() -> None:
    line = "Of settings that differ only in epochs, those with the most epochs are compared. " * 2
    for shown, text in (live(), plain()):
        shown.log(line)
        parts = text.getvalue().splitlines()
        assert len(parts) == (2 if shown.console.is_terminal else 1)
        assert " ".join(part.strip() for part in parts) == line.strip()


def test_a_path_stays_whole(tmp_path: Path) -> None:
    shown, text = live()
    path = tmp_path / "a folder" / ("with spaces " * 9) / "report.html"
    shown.paths([path])
    assert text.getvalue() == f"Open {path}\n"


def test_a_long_run_shows_its_rate_and_the_remaining_time() -> None:
    shown, text = live()
    with shown.progress(10_000_000) as advance:
        advance(5_000_000)
        advance(1)
    assert "50 %" in text.getvalue()
    assert "left" in text.getvalue()


def test_rates_are_written_in_millions_or_thousands() -> None:
    assert rate_text(12_345_678.0) == "12.3 M net-epochs/s"
    assert rate_text(12.3, "points") == "12.3 points/s"
    assert rate_text(123.4, "points") == "0.1 k points/s"
    assert rate_text(12_345.0) == "12.3 k net-epochs/s"


def test_hidden_size_lies_across_the_table() -> None:
    rows = [{"hidden": h, "lr": lr, "rate": h / 10} for lr in (0.1, 2.0) for h in (2, 8)]
    text = table_text(summary_of(rows), ["lr", "hidden"])
    assert re.search(r"lr\W+hidden 2\W+hidden 8", text)
    assert re.search(r"\b2\W+20 % \[40, 60\]\W+80 % \[40, 60\]", text)


def test_levels_that_were_added_later_are_in_their_places() -> None:
    rows = [{"hidden": h, "lr": lr} for lr in (0.1, 50.0, 3.0) for h in (2, 8)]
    text = table_text(summary_of(rows), ["lr", "hidden"])
    assert re.findall(r"^ +([\d.]+) +50 %", text, re.M) == ["0.1", "3", "50"]


def test_only_the_longest_runs_are_in_the_table() -> None:
    rows = [{"epochs": epochs, "rate": epochs / 1000} for epochs in (100, 900)]
    text = table_text(summary_of(rows), ["epochs"])
    assert "within 900 epochs" in text
    assert "90 % [40, 60]" in text
    assert "10 %" not in text


def test_epochs_that_follow_from_another_key_hide_no_cell() -> None:
    rows = [{"lr": lr, "epochs": epochs, "rate": lr} for lr, epochs in ((0.5, 900), (1.0, 100))]
    text = table_text(summary_of(rows), ["lr"])
    assert "within the epochs of each setting" in text
    assert re.search(r"0.5\W+50 %.*\b1\W+100 %", text, re.DOTALL)


def test_up_to_forty_lines_are_all_shown() -> None:
    rows = [{"lr": float(lr), "init": name} for lr in range(1, 41) for name in "ab"]
    text = table_text(summary_of(rows), ["lr", "init"])
    assert [int(lr) for lr in re.findall(r"^ +(\d+) +50 %", text, re.M)] == [*range(1, 41)]
    assert "more cells" not in text
    assert "…" not in text


def test_of_more_lines_every_level_of_some_keys_is_shown_and_the_rest_named() -> None:
    rows = [
        {"lr": float(lr), "init": init, "act": act, "rate": 0.9 if init == "b" else 0.1}
        for lr in range(1, 31)
        for init in "abc"
        for act in "xyz"
    ]
    text = table_text(summary_of(rows), ["lr", "init", "act"])
    assert [int(lr) for lr in re.findall(r"^ +(\d+) +90 %", text, re.M)] == [*range(1, 31)]
    assert "act x" in text
    assert "act z" in text
    assert "10 %" not in text
    assert re.search(r"^ +… *$", text, re.M)
    assert (
        "and 180 more settings in summary.csv; shown: init b (of 3), as in the best setting" in text
    )


def test_along_a_long_key_dots_replace_the_omitted_levels() -> None:
    rows = [{"lr": float(lr), "rate": 0.9 if lr == 57 else 0.1} for lr in range(1, 101)]
    text = table_text(summary_of(rows), ["lr"])
    lines = re.findall(r"^ +(\d+|…)(?: +\d+ %.*)? *$", text, re.M)
    shown = [int(line) for line in lines if line != "…"]
    assert len(lines) <= 40
    assert (shown[0], shown[-1], len(shown)) == (1, 100, 20)
    assert 57 in shown
    assert lines[1::2] == ["…"] * 19
    assert "and 80 more settings in summary.csv; shown: 20 of 100 levels of lr" in text


def test_rates_of_many_runs_fit_the_width_with_a_digit_more() -> None:
    near = {"rate": 0.996, "rate_low": 0.993, "rate_high": 0.998}
    rows = [{"lr": float(lr), "hidden": h, **near} for lr in (1, 2) for h in range(1, 8)]
    text = table_text(summary_of(rows), ["lr", "hidden"], width=60)
    assert text.count("99.6 % [99, 99.8]") == 14
    assert all(len(line) <= 60 for line in text.splitlines() if "%" in line)


def test_a_block_with_fewer_epochs_is_in_the_table_too() -> None:
    rows = [{"optimizer": o, "epochs": e} for o, e in (("sgd", 900), ("adam", 100), ("adam", 50))]
    text = table_text(summary_of(rows), ["optimizer", "epochs"])
    assert "within the epochs of each setting" in text
    assert all(re.search(rf"\b{shown}\b", text) for shown in ("sgd", "adam", 900, 100))
    assert "epochs 50" not in text
    assert text.count("50 % [40, 60]") == 2


def test_of_many_hidden_sizes_some_are_shown() -> None:
    rows = [{"lr": float(lr), "hidden": h} for lr in range(1, 11) for h in range(1, 31)]
    text = table_text(summary_of(rows), ["lr", "hidden"])
    heads = re.findall(r"hidden (\d+)", text)
    assert (len(heads), heads[0], heads[-1]) == (6, "1", "30")
    assert "and 240 more settings in summary.csv" in text
    assert max(map(len, text.splitlines())) <= 100


def test_all_levels_are_shown_where_they_fit() -> None:
    rates = {
        2: (0.79, 0.7, 0.86),
        3: (0.97, 0.92, 0.99),
        4: (1.0, 0.96, 1.0),
        8: (0.01, 0.002, 0.05),
    }
    rows: list[dict[str, object]] = [
        {"lr": lr, "hidden": h, "rate": rate, "rate_low": low, "rate_high": high}
        for lr in (0.1, 50.0)
        for h, (rate, low, high) in rates.items()
    ]
    lines = table_text(summary_of(rows), ["lr", "hidden"], width=80).splitlines()
    assert re.findall(r"hidden (\d)", lines[1]) == ["2", "3", "4", "8"]
    assert max(map(len, lines)) <= 80


def test_a_cell_without_a_run_is_labelled() -> None:
    assert "no run" in table_text(summary_of([{"rate": float("nan")}]), [])


class InterruptedFile(io.StringIO):
    """A terminal at which somebody presses Ctrl-C at one of the writes."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def write(self, text: str) -> int:
        in_main = threading.current_thread() is threading.main_thread()
        self.left -= in_main
        if in_main and self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


def test_ctrl_c_at_any_write_of_a_bar_or_a_step_gives_the_cursor_back() -> None:
    interrupted = 0
    while True:
        file = InterruptedFile(interrupted + 1)
        shown = Console(RichConsole(file=file, width=100, force_terminal=True))
        with suppress(KeyboardInterrupt):
            with shown.progress(2) as advance:
                advance(1)
                advance(1)
            with shown.step("writing tables"):
                pass
        was_last, file.left = file.left > 0, 0
        text = file.getvalue()
        assert text.count("\x1b[?25l") == text.count("\x1b[?25h")
        shown.log("afterwards")  # the console is as it was
        assert file.getvalue().endswith("afterwards\n")
        if was_last:
            break
        interrupted += 1
    assert interrupted > 4
