// Networks with one hidden layer: their outputs, their training by gradient descent over the whole
// truth table on half the sum of squared errors, and NumPy's initial weights of a seed.
// Weights are one array: w1 (inputs, hidden), b1, w2 (hidden, outputs), b2, direct, each in C order.
const network = (function () {
  const ACTIVATIONS = {
    logistic: { value: (z) => 1 / (1 + Math.exp(-z)), slope: (a) => a * (1 - a) },
    tanh: { value: Math.tanh, slope: (a) => 1 - a * a },
    relu: { value: (z) => Math.max(z, 0), slope: (a) => (a > 0 ? 1 : 0) },
    linear: { value: (z) => z, slope: () => 1 },
  };
  const Z = 1.959963984540054;

  const sizeOf = ({ inputs, hidden, outputs, skip }) =>
    (inputs + 1) * hidden + (hidden + 1) * outputs + (skip ? inputs * outputs : 0);

  // Where each layer starts in the array of weights.
  function layout({ inputs, hidden, outputs }) {
    const b1 = inputs * hidden, w2 = b1 + hidden, b2 = w2 + hidden * outputs;
    return { w1: 0, b1, w2, b2, direct: b2 + outputs };
  }

  // Returns the activations of the hidden units and the outputs for a row of inputs.
  function forward(shape, weights, row) {
    const { inputs, hidden, outputs, skip } = shape, at = layout(shape);
    const inner = ACTIVATIONS[shape.activation], outer = ACTIVATIONS[shape.output];
    const units = new Float64Array(hidden), found = new Float64Array(outputs);
    for (let j = 0; j < hidden; j++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += row[i] * weights[i * hidden + j];
      units[j] = inner.value(sum + weights[at.b1 + j]);
    }
    for (let k = 0; k < outputs; k++) {
      let sum = 0;
      for (let j = 0; j < hidden; j++) sum += units[j] * weights[at.w2 + j * outputs + k];
      for (let i = 0; skip && i < inputs; i++) sum += row[i] * weights[at.direct + i * outputs + k];
      found[k] = outer.value(sum + weights[at.b2 + k]);
    }
    return { units, outputs: found };
  }

  // Returns a training that advances by `epoch()`. Each epoch looks at the outputs, then moves the
  // weights; `error` and `worst` are those of the outputs before the move.
  function training(shape, task, initial, lr) {
    const { inputs, hidden, outputs } = shape, at = layout(shape);
    const inner = ACTIVATIONS[shape.activation], outer = ACTIVATIONS[shape.output];
    const state = { weights: Float64Array.from(initial), epochs: 0, error: NaN, worst: NaN };
    const steps = new Float64Array(state.weights.length), signals = new Float64Array(outputs);

    // Adds the gradient of one row to the steps.
    function descend(row, target) {
      const { units, outputs: found } = forward(shape, state.weights, row);
      for (let k = 0; k < outputs; k++) {
        const error = target[k] - found[k];
        state.error += error * error / 2;
        state.worst = Math.max(state.worst, Math.abs(error));
        signals[k] = error * outer.slope(found[k]);
        steps[at.b2 + k] += signals[k];
      }
      for (let j = 0; j < hidden; j++) {
        let back = 0;
        for (let k = 0; k < outputs; k++) {
          back += signals[k] * state.weights[at.w2 + j * outputs + k];
          steps[at.w2 + j * outputs + k] += signals[k] * units[j];
        }
        const signal = back * inner.slope(units[j]);
        steps[at.b1 + j] += signal;
        for (let i = 0; i < inputs; i++) steps[i * hidden + j] += signal * row[i];
      }
    }

    state.look = () => {
      steps.fill(0);
      state.error = state.worst = 0;
      task.inputs.forEach((row, place) => descend(row, task.targets[place]));
    };
    state.epoch = () => {
      state.look();
      for (let p = 0; p < steps.length; p++) state.weights[p] += lr * steps[p];
      state.epochs += 1;
    };
    return state;
  }

  // Trains until every error is below a limit, or for a number of epochs; returns whether it is.
  function converges(shape, task, initial, lr, epochs, limit) {
    const state = training(shape, task, initial, lr);
    for (let n = 0; n < epochs; n++) {
      state.epoch();
      if (state.worst < limit && n > 0) return true;
    }
    state.look();
    return state.worst < limit;
  }

  // NumPy's RandomState(seed).random_sample(): the Mersenne Twister of M. Matsumoto and T. Nishimura
  // (1998), 53 bits of two draws.
  function uniformDraws(seed, count) {
    const N = 624, M = 397, words = new Uint32Array(N);
    words[0] = seed >>> 0;
    for (let n = 1; n < N; n++) {
      words[n] = Math.imul(1812433253, words[n - 1] ^ (words[n - 1] >>> 30)) + n;
    }
    let place = N;
    function twist() {
      for (let n = 0; n < N; n++) {
        const mixed = (words[n] & 0x80000000) | (words[(n + 1) % N] & 0x7fffffff);
        words[n] = words[(n + M) % N] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
      }
      place = 0;
    }
    function draw() {
      if (place === N) twist();
      let word = words[place++];
      word ^= word >>> 11;
      word ^= (word << 7) & 0x9d2c5680;
      word ^= (word << 15) & 0xefc60000;
      return (word ^ (word >>> 18)) >>> 0;
    }
    return Array.from({ length: count }, () => {
      const high = draw() >>> 5, low = draw() >>> 6;
      return (high * 67108864 + low) / 9007199254740992;
    });
  }

  const initialWeights = (shape, seed, low, high) =>
    uniformDraws(seed, sizeOf(shape)).map((draw) => low + (high - low) * draw);

  // The 95 % interval of a rate: Wilson's, or Clopper and Pearson's at none and at all.
  function rateInterval(count, total) {
    const extreme = 0.025 ** (1 / total);
    if (count === 0) return [0, 1 - extreme];
    if (count === total) return [extreme, 1];
    const middle = (count + Z * Z / 2) / (total + Z * Z);
    const half = Z * Math.sqrt(count * (total - count) / total + Z * Z / 4) / (total + Z * Z);
    return [middle - half, middle + half];
  }

  // A number as Python formats it: one exactly between two others becomes the even one.
  function fixed(number, digits) {
    const isBetween = (number * 2 ** (digits + 1)) % 2 === 1;
    if (!isBetween) return number.toFixed(digits);
    const below = Math.floor(number * 10 ** digits);
    return ((below + below % 2) / 10 ** digits).toFixed(digits);
  }

  return { ACTIVATIONS, sizeOf, layout, forward, training, converges, initialWeights, rateInterval, fixed };
})();
