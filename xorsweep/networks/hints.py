"""Suggestions for common mistakes in the keys of networks and their values."""

from __future__ import annotations

from collections.abc import Mapping

from xorsweep.hints import Table

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
    "engine": "backend device gpu cuda",
    "engine.dtype": "dtype float_type",
    "several seeds are levels of seed, as in seed=range(0,100)": "n_seeds num_seeds runs n_runs "
    "num_runs repeats n_repeats repetitions replicates trials n_trials restarts n_restarts",
    "networks have one hidden layer, and hidden says how many units it has": "layers n_layers "
    "num_layers hidden_layers depth architecture model",
    "an update is made from all rows, schedule=batch, or from one at a time, schedule=online": (
        "batch batch_size batchsize minibatch minibatch_size mini_batch_size "
        "per_device_train_batch_size"
    ),
    "it belongs to an optimizer, as in optimizer=momentum optimizer.momentum=0.9, or in Python "
    "optimizer={'name': 'momentum', 'momentum': 0.9}": "momentum mu nesterov nesterovs_momentum "
    "beta beta1 beta_1 beta2 beta_2 betas eps epsilon rho",
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
"""Other words for a key, by key; words for missing features, by their replacement."""

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
        "values": "weights numbers manual custom",
        "file": "npz path",
    },
    "criterion": {
        "fahlman": "40_20_40 threshold_and_margin",
        "right_side": "accuracy sign correct",
        "rms": "rmse root_mean_square",
        "criterion is the test of convergence; the function to minimize is loss": "mse_loss "
        "bce_loss cross_entropy_loss mse cross_entropy bce",
    },
    "engine": {
        "numpy": "cpu default python",
        "numba": "fast compiled jit c",
        "cuda": "gpu nvidia",
        "there are no others": "torch pytorch jax tensorflow keras",
    },
    "engine.dtype": {"float32": "single float f32 32", "float64": "double f64 64"},
}
"""Other words for a value, by value, for each key that takes names."""
