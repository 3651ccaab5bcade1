"""The numbers of axes."""

from matplotlib.figure import Figure

from xorsweep.reporting.figures.scales import show_percent


def test_percents_have_the_digits_that_they_need() -> None:
    axes = Figure().subplots()
    axes.set_yticks([-0.2, 0, 0.001, 0.07, 0.15])
    show_percent(axes.yaxis)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        f"{number}\u00a0%" for number in ("−20", "0", "0.1", "7", "15")
    ]
