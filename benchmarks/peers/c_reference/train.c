/* The yardstick of the benchmarks: what C can do for this one purpose.
 *
 * Trains 2-HIDDEN-1 networks on a truth table of two bits: logistic units, full batch, gradient
 * descent on half the sum of squared errors, float64. LANES networks at a time, batch axis last,
 * so that the compiler turns every innermost loop into vector instructions. Training only: it
 * looks at no criterion, which the package's engines do after every epoch.
 *
 * cc -O3 -march=native -ffast-math -shared -fPIC -DHIDDEN=2 train.c -o train.so
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES 32
#define ROWS 4
#define SIZE (4 * HIDDEN + 1)

/* exp(x) as 2^n * exp(r) with |r| <= ln(2) / 2, the latter by its series up to r^11. */
static inline double exponential(double x)
{
    x = x < -700.0 ? -700.0 : x > 700.0 ? 700.0 : x;
    double n = rint(x * 1.4426950408889634);
    double r = x - n * 0.69314718055994531;
    double p = 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    double shifted = n + 6755399441055744.0; /* 1.5 * 2^52: n stands in the lowest bits */
    int64_t bits;
    memcpy(&bits, &shifted, 8);
    bits = (int64_t)(((uint64_t)bits + 1023) << 52);
    double power;
    memcpy(&power, &bits, 8);
    return p * power;
}

static inline double logistic(double z)
{
    return 1.0 / (1.0 + exponential(-z));
}

/* One epoch of LANES networks. w: SIZE x LANES, by row: HIDDEN weights of either input, HIDDEN
 * biases, HIDDEN output weights, the output bias. */
static void epoch(double w[SIZE][LANES], const double lr[LANES], const double target[ROWS])
{
    double a[HIDDEN][ROWS][LANES], d[ROWS][LANES];
    for (int k = 0; k < ROWS; k++)
        for (int l = 0; l < LANES; l++)
            d[k][l] = w[4 * HIDDEN][l];
    for (int h = 0; h < HIDDEN; h++)
        for (int l = 0; l < LANES; l++) {
            double first = w[h][l], second = w[HIDDEN + h][l], bias = w[2 * HIDDEN + h][l];
            double out = w[3 * HIDDEN + h][l];
            a[h][0][l] = logistic(bias);
            a[h][1][l] = logistic(bias + second);
            a[h][2][l] = logistic(bias + first);
            a[h][3][l] = logistic(bias + first + second);
            for (int k = 0; k < ROWS; k++)
                d[k][l] += out * a[h][k][l];
        }
    for (int l = 0; l < LANES; l++) {
        double sum = 0.0;
        for (int k = 0; k < ROWS; k++) {
            double y = logistic(d[k][l]);
            d[k][l] = lr[l] * (target[k] - y) * y * (1.0 - y);
            sum += d[k][l];
        }
        w[4 * HIDDEN][l] += sum;
    }
    for (int h = 0; h < HIDDEN; h++)
        for (int l = 0; l < LANES; l++) {
            double out = w[3 * HIDDEN + h][l], sum = 0.0, g[ROWS];
            for (int k = 0; k < ROWS; k++) {
                double product = d[k][l] * a[h][k][l];
                sum += product;
                g[k] = product * (1.0 - a[h][k][l]);
            }
            w[h][l] += out * (g[2] + g[3]);
            w[HIDDEN + h][l] += out * (g[1] + g[3]);
            w[2 * HIDDEN + h][l] += out * (g[0] + g[1] + g[2] + g[3]);
            w[3 * HIDDEN + h][l] += sum;
        }
}

/* Train `tiles` times LANES networks, parameters (tiles, SIZE, LANES) in place, lr (tiles, LANES). */
void train(double *parameters, const double *lr, const double *target, long tiles, long epochs)
{
    for (long t = 0; t < tiles; t++) {
        double w[SIZE][LANES];
        memcpy(w, parameters + t * SIZE * LANES, sizeof w);
        for (long e = 0; e < epochs; e++)
            epoch(w, lr + t * LANES, target);
        memcpy(parameters + t * SIZE * LANES, w, sizeof w);
    }
}
