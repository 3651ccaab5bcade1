"""What newcomers type, also in other programs, and what to type here: tables, and how to use them.

A table maps what is meant, a key, a value or a sentence, to the words that stand for it. Words are
compared without capitals and marks: `learning_rate`, `learningRate` and `learning-rate` are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches

Table = Mapping[str, str]
"""Words with spaces between them, by what they stand for."""

KEYS: Table = {
    "lr": "learning_rate learning_rate_init initial_lr init_lr base_lr lrate rate eta eta0 alpha "
    "step_size",
    "hidden": "hidden_size hidden_sizes hidden_dim hidden_units hidden_nodes hidden_neurons "
    "hidden_layer hidden_layer_size hidden_layer_sizes n_hidden num_hidden units "
    "neurons nodes width",
    "epochs": "epoch n_epochs num_epochs nb_epoch max_epochs max_iter max_iterations n_iter "
    "num_iterations iterations iters steps n_steps num_steps max_steps",
    "seed": "seeds random_state random_seed manual_seed rng rng_seed",
    "activation": "act activation_function activation_fn hidden_activation nonlinearity",
    "output": "output_activation out_activation final_activation last_activation",
    "loss": "loss_fn loss_function cost cost_function objective error_function",
    "optimizer": "optim optimiser opt solver algorithm update_rule learning_rule",
    "init": "initializer initialiser initialization initialisation init_method weight_init "
    "weights_init kernel_initializer initial_weights",
    "init.biases": "bias_initializer bias_init",
    "init.path": "weights_file init_file",
    "task": "problem dataset data gate truth_table",
    "task.bits": "bits n_bits num_bits",
    "skip": "skip_connection skip_connections shortcut",
    "schedule.order": "shuffle",
    "criterion.threshold": "tol tolerance threshold min_delta",
    "until_converged": "early_stopping early_stop stop_early patience",
    "max_seeds": "max_runs max_trials",
    "engine": "backend device gpu cuda",
    "engine.dtype": "dtype float_type",
    "parallel.n_jobs": "n_jobs jobs workers n_workers num_workers max_workers processes n_procs "
    "cpus n_cpus cores threads",
    "parallel.address": "scheduler scheduler_address",
    "plan": "dry_run dryrun preview",
    "resume": "continue restart resume_from checkpoint",
    "study": "experiment paper",
    "grid.where": "where filter constraint",
    "grid.zip": "zip",
    "grid.blocks": "blocks",
    "several seeds are levels of seed, as in seed=range(0,100)": "n_seeds num_seeds runs n_runs "
    "num_runs repeats n_repeats repetitions replicates trials n_trials restarts n_restarts",
    "networks have one hidden layer, and hidden says how many units it has": "layers n_layers "
    "num_layers hidden_layers depth architecture model",
    "an update is made from all rows, schedule=batch, or from one at a time, schedule=online": (
        "batch batch_size batchsize minibatch minibatch_size mini_batch_size "
        "per_device_train_batch_size"
    ),
    "it belongs to an optimizer, as in optimizer=momentum optimizer.momentum=0.9": "momentum mu "
    "nesterov nesterovs_momentum beta beta1 beta_1 beta2 beta_2 betas eps epsilon rho",
    "the folder is hydra.run.dir, or hydra.sweep.dir with -m; in Python a run has save(folder)": (
        "out out_dir output_dir output_path output_folder save_dir log_dir folder dir directory"
    ),
    "the only decay of weights is that of quickprop, optimizer.decay": "weight_decay decay l1 l2 "
    "lambda penalty regularization regularizer reg dropout",
    "lr stays the same from the first epoch to the last": "lr_schedule lr_scheduler scheduler_type "
    "lr_decay warmup",
    "each network is trained on the whole truth table": "test_size train_size validation_split "
    "val_split n_samples num_samples samples",
}
"""Other words for a key, by key; words for what there isn't, by what there is instead."""

VALUES: Mapping[str, Table] = {
    "activation": {
        "logistic": "sigmoid sigm logsig expit",
        "tanh": "tansig hyperbolic_tangent",
        "relu": "rectifier rectified_linear relu6",
        "leaky_relu": "lrelu prelu",
    },
    "output": {
        "logistic": "sigmoid sigm logsig expit softmax",
        "linear": "identity none null no purelin regression",
    },
    "loss": {
        "mse": "mean_squared_error mean_square_error mse_loss l2 squared_error quadratic",
        "half_sse": "sse sum_of_squares sum_squared_error squared half_squared_error",
        "cross_entropy": "bce bce_loss binary_crossentropy binary_cross_entropy crossentropy "
        "log_loss logloss nll categorical_crossentropy",
    },
    "optimizer": {
        "sgd": "gd gradient_descent stochastic_gradient_descent backprop backpropagation vanilla",
        "adam": "adamw adamax nadam",
        "nesterov": "nag nesterov_momentum",
        "rprop": "resilient resilient_backpropagation irprop",
        "delta_bar_delta": "dbd",
    },
    "schedule": {
        "batch": "full full_batch whole gd",
        "online": "stochastic sequential incremental pattern single sgd minibatch mini_batch",
    },
    "init": {
        "xavier": "glorot glorot_uniform xavier_uniform",
        "he": "kaiming he_normal kaiming_normal",
        "uniform": "random rand random_uniform",
        "normal": "gaussian randn random_normal",
        "printed": "notebook",
        "file": "npz path",
    },
    "criterion": {
        "fahlman": "40_20_40 threshold_and_margin",
        "right_side": "accuracy sign correct",
        "rms": "rmse root_mean_square",
        "criterion says when a network has converged; what is descended is loss": "mse_loss "
        "bce_loss cross_entropy_loss mse cross_entropy bce",
    },
    "parallel": {
        "loky": "joblib multiprocessing process processes local",
        "serial": "none null off no single sequential",
        "dask": "distributed cluster",
    },
    "engine": {
        "numpy": "cpu default python",
        "numba": "fast compiled jit c",
        "there are no others, and none for a GPU": "gpu cuda torch pytorch jax tensorflow keras",
    },
    "engine.dtype": {"float32": "single float f32 32", "float64": "double f64 64"},
}
"""Other words for a value, by value, for each key that takes names."""

BARE: Table = {
    "a sweep is python -m xorsweep -m": "sweep multirun grid run_sweep",
    "a single run is python -m xorsweep, with values alone behind it": "run train start fit",
    "python -m xorsweep --help says what there is": "help usage h",
    "a subcommand comes first, python -m xorsweep COMMAND": "status verify merge replay "
    "report compare check function",
    "the newest sweep is resumed by -m resume=latest": "latest continue",
}
"""Words without an equals sign."""

TRUTHS: Table = {"true": "yes on y t 1 1.0", "false": "no off n f 0 0.0 none null"}
NOTHING: Table = {"null": "none nothing no off nil na nan false"}
FOLDERS: Table = {"latest": "last newest recent true yes 1"}

MARKS = r"(?:-|\u2013|\u2014|~|\.{2,}|\u2026|\bto\b)"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SURE, LIKELY = 0.8, 0.5
"""Likeness from which on a word of the tables, and a word that can be typed as it is, is meant."""


def _span(key: str, first: str, last: str) -> str:
    step = 1 if int(first) <= int(last) else -1
    more = "" if step == 1 else f",{step}"
    return f"write {key}=range({first},{int(last) + step}{more}) for {first} to {last}"


def _number(key: str, number: float) -> str:
    return f"write {key}={number:.12g}"


_Write = Callable[..., str]
FORMS: Iterable[tuple[str, _Write]] = (
    (rf"(\d{{1,10}})\s*{MARKS}\s*(\d{{1,10}})", _span),
    (rf"({NUMBER})\s*{MARKS}\s*({NUMBER})", "write {0}=linspace({1},{2},10)".format),
    (r"(\d+):(\d+)", "write {0}=range({1},{2}), which ends before {2}".format),
    (
        rf"({NUMBER}):({NUMBER}):({NUMBER})",
        "write {0}=range(start,stop,step) or {0}=linspace(from,to,count)".format,
    ),
    (r"([-+]?\d+),(\d+)", "a decimal number has a point, {0}={1}.{2}".format),
    (
        r"(\d{1,3})[ _'\u2019](\d{3})",
        "a number has no marks between its digits, {0}={1}{2}".format,
    ),
    (rf"({NUMBER})\s*%", lambda key, share: _number(key, float(share) / 100)),
    (r"10\s*(?:\^|\*\*)\s*([-+\u2212]?\d{1,3})", "write {0}=1e{1}".format),
    (
        r"(\d{1,9})\s*/\s*([1-9]\d{0,8})",
        lambda key, top, bottom: _number(key, int(top) / int(bottom)),
    ),
    (rf"({NUMBER})\s*[kK]", lambda key, count: _number(key, float(count) * 1e3)),
    (rf"({NUMBER})\s*M", lambda key, count: _number(key, float(count) * 1e6)),
    (r"\u2212(.+)", "write {0}=-{1}".format),
    (r"0\d+", lambda key: "a number has no 0 before it, and commas stand between levels"),
    (rf"({NUMBER})", "this is a text; leave out the quotes, {0}={1}".format),
    (r"[(\[{](.+)[)\]}]", "levels have commas between them and no brackets, {0}={1}".format),
    (r"(.+),\s*", "leave out the last comma, {0}={1}".format),
    (
        rf"({NUMBER})[\s;|]+({NUMBER})",
        "levels have commas between them, {0}={1},{2}".format,
    ),
    (r"=\s*(.+)", "write {0}={1}".format),
    (r"(?:np|numpy|math|torch)\.((?:lin|log)space\(.+\))", "write {0}={1}".format),
)
"""Other ways to write one number or several, each with what makes the right one of its groups."""


def _plain(word: str) -> str:
    return re.sub(r"[\W_]", "", word.lower())


def _by_word(table: Table) -> dict[str, str]:
    return {_plain(word): meant for meant, words in table.items() for word in words.split()}


_KEYS, _BARE = _by_word(KEYS), _by_word(BARE)
_TRUTHS, _NOTHING, _FOLDERS = map(_by_word, (TRUTHS, NOTHING, FOLDERS))
_VALUES = {key: _by_word(table) for key, table in VALUES.items()}
_FORMS = [(re.compile(pattern), write) for pattern, write in FORMS]


def key_hint(key: str, known: Collection[str]) -> str | None:
    """Return what a key that nothing reads stands for; None where no known key is near."""
    return (
        _meant(key, _KEYS, known, sure=1.0)
        or _meant(key.rpartition(".")[2], _KEYS, known, sure=1.0)
        or _meant(key, _KEYS, known)
        or _near(key, known)
    )


def meant_key(word: str, known: Collection[str]) -> str | None:
    """Return the key that a word is, or surely stands for; None where there is none."""
    by_word = {_plain(each): each for each in known}
    meant = by_word.get(_plain(word)) or _KEYS.get(_plain(word))
    return meant if meant in known else None


def choice_hint(key: str, name: str, names: Collection[str]) -> str:
    """Return what a name that can't be chosen stands for, as the end of a line; or nothing."""
    return _ending(_meant(name, _VALUES.get(key, {}), names) or _near(name.lower(), names))


def truth_hint(value: object) -> str:
    """Return which of true and false is meant, as the end of a line; or nothing."""
    return _ending(_meant(str(value), _TRUTHS, ["true", "false"], sure=1.0))


def null_hint(value: object) -> str:
    """Return that null is meant, as the end of a line; or nothing."""
    return _ending(_meant(str(value), _NOTHING, ["null"], sure=1.0))


def folder_hint(name: str) -> str:
    """Return that the newest sweep is meant, as the end of a line; or nothing."""
    return _ending(_meant(name, _FOLDERS, ["latest"]))


def number_hint(key: str, text: str) -> str:
    """Return how a number, or several, are written here, as the end of a line; or nothing."""
    for pattern, write in _FORMS:
        if match := pattern.fullmatch(text.strip()):
            return _ending(write(key, *match.groups()))
    return ""


def comma_hint(key: str, text: str, whole: bool) -> str:
    """Return which number may be meant by levels, as the end of a line; or nothing.

    That is one with a decimal comma or, where numbers are `whole`, with commas between thousands.
    """
    if whole and re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        return f"; a number has no commas in it, {key}={text.replace(',', '')}"
    if not whole and re.fullmatch(r"([-+]?\d+,\d+)(,[-+]?\d+,\d+)*", text):
        meant = re.sub(r"(\d+),(\d+)", r"\1.\2", text)
        return f"; a decimal number has a point, {key}={meant}"
    return ""


def bare_hint(argument: str) -> str | None:
    """Return what an argument without an equals sign stands for; None where that isn't known."""
    if match := re.fullmatch(r"([A-Za-z_][\w.]*)\s*:\s*(.+)", argument):
        return f"write {match[1]}={match[2]}"
    if re.fullmatch(NUMBER, argument):
        return "levels have commas between them and no spaces, as in lr=0.1,0.5"
    near = get_close_matches(_plain(argument), _BARE, n=1, cutoff=SURE)
    return _BARE[near[0]].replace("COMMAND", near[0]) if near else None


def _meant(
    word: str, by_word: Mapping[str, str], known: Collection[str], sure: float = SURE
) -> str | None:
    """Return the sentence or the question that a table has for a word, or one very much like it.

    A known word is meant by itself, too, however its capitals and marks are written.
    """
    words = {each: meant for each, meant in by_word.items() if " " in meant or meant in known}
    words |= {_plain(each): each for each in known}
    near = get_close_matches(_plain(word), words, n=1, cutoff=sure)
    if not near:
        return None
    meant = words[near[0]]
    return meant if " " in meant else f"did you mean {meant}?"


def _near(word: str, known: Collection[str]) -> str | None:
    near = get_close_matches(word, known, n=1, cutoff=LIKELY)
    return f"did you mean {near[0]}?" if near else None


def _ending(hint: str | None) -> str:
    return f"; {hint}" if hint else ""
