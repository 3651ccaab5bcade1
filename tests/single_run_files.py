"""The files of a single run."""

FILES = {
    "run.html",
    "learning.gif",
    "run.json",
    "learning_curve.csv",
    "hidden_outputs.csv",
    "weights.npz",
}
