"""Optuna drives xorsweep: TPE beside random search, with the same number of trials.

Optuna isn't a dependency of xorsweep:

    pip install optuna
    python examples/optuna_search.py

Each trial trains 100 networks, and its value is the epochs that one solution of XOR is expected to
cost. The best setting of each search is then measured again with seeds that no search has seen,
since the best of many noisy values is too good on the seeds that chose it.
"""

import argparse
from collections.abc import Sequence
from statistics import median

import optuna

import xorsweep as xs

SEARCHED = range(100)
UNSEEN = range(1_000, 2_000)

SAMPLERS = (optuna.samplers.TPESampler, optuna.samplers.RandomSampler)


def measure(setting: dict[str, float], seeds: range) -> float:
    """Return the expected running time of a setting, infinite where no network converged."""
    result = xs.evaluate(
        lr=setting["lr"],
        hidden=int(setting["hidden"]),
        optimizer={"name": "momentum", "momentum": setting["momentum"]},
        epochs=300,
        seeds=seeds,
        objective="expected_running_time",
    )
    return float(result)


def objective(trial: optuna.Trial) -> float:
    """Return the value of the setting that a sampler suggests."""
    setting = {
        "lr": trial.suggest_float("lr", 0.01, 100, log=True),
        "hidden": trial.suggest_int("hidden", 2, 8),
        "momentum": trial.suggest_float("momentum", 0, 0.99),
    }
    return measure(setting, SEARCHED)


def search(sampler: optuna.samplers.BaseSampler, trials: int) -> tuple[float, float]:
    """Return the least value that a search found, and that of the same setting for unseen seeds."""
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=trials)
    return study.best_value, measure(study.best_params, UNSEEN)


def main() -> None:
    """Repeat both searches with several seeds of their samplers, and print the results."""
    parser = argparse.ArgumentParser(description="TPE beside random search on XOR")
    parser.add_argument("--trials", type=int, default=50, help="trials of each search")
    parser.add_argument("--repeats", type=int, default=10, help="searches by each sampler")
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    print(f"Epochs per solution, of the best of {asked.trials} trials:")
    print(f"{'':6} {'seeds of the search':>20} {'unseen seeds':>20}")
    print(f"{'search':6}" + f"{'TPE':>11}{'random':>10}" * 2)
    rows = []
    for number in range(asked.repeats):
        (tpe, tpe_unseen), (random, random_unseen) = (
            search(sampler(seed=number), asked.trials) for sampler in SAMPLERS
        )
        rows.append((tpe, random, tpe_unseen, random_unseen))
        print_row(str(number), rows[-1])
    print_row("median", [median(column) for column in zip(*rows, strict=True)])
    wins = sum(tpe < random for tpe, random, *_ in rows)
    unseen_wins = sum(tpe < random for *_, tpe, random in rows)
    print(f"TPE is better in {wins} of {len(rows)} searches, in {unseen_wins} with unseen seeds")


def print_row(name: str, values: Sequence[float]) -> None:
    """Print a line of the table."""
    tpe, random, tpe_unseen, random_unseen = values
    print(f"{name:6}{tpe:11.1f}{random:10.1f}{tpe_unseen:11.1f}{random_unseen:10.1f}")


if __name__ == "__main__":
    main()
