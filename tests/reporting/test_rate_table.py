import numpy as np
import pandas as pd

from xorsweep.reporting.rate_table import rate_frame


def test_rates_of_a_cell_without_a_run_are_no_numbers() -> None:
    summary = pd.DataFrame(
        {"lr": [1.0, 2.0], "runs": [0, 1], "rate": [np.nan, 0.5], "rate_low": 0.25, "rate_high": 1}
    )
    assert rate_frame(summary).to_numpy().tolist() == [
        ["1", "0", "no run"],
        ["2", "1", "50 % [25, 100]"],
    ]
