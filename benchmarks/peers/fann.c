/* FANN's own loop over epochs: batch training in double precision. */
#include <doublefann.h>

/* Return the mean squared error after training one 2-hidden-1 network. */
double train(int hidden, long epochs, double rate)
{
    double rows[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, targets[4] = {0, 1, 1, 0};
    struct fann_train_data *data = fann_create_train(4, 2, 1);
    for (int k = 0; k < 4; k++) {
        data->input[k][0] = rows[k][0];
        data->input[k][1] = rows[k][1];
        data->output[k][0] = targets[k];
    }
    struct fann *network = fann_create_standard(3, 2, hidden, 1);
    fann_set_activation_function_hidden(network, FANN_SIGMOID);
    fann_set_activation_function_output(network, FANN_SIGMOID);
    fann_set_training_algorithm(network, FANN_TRAIN_BATCH);
    fann_set_train_error_function(network, FANN_ERRORFUNC_LINEAR);
    fann_set_learning_rate(network, rate);
    fann_set_learning_momentum(network, 0);
    fann_randomize_weights(network, 0, 1);
    double error = 0;
    for (long e = 0; e < epochs; e++)
        error = fann_train_epoch(network, data);
    fann_destroy(network);
    fann_destroy_train(data);
    return error;
}
