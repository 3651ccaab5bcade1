// Training in the page: a network with the learning rate, hidden units and initial weights that a
// person picks, and the share of many seeds that converge.
(function () {
  const source = document.getElementById("run-data"), root = document.getElementById("playground");
  if (!source || !root) return;
  const settings = JSON.parse(source.textContent).playground;
  const SEEDS = 200, FRAME = 12, PACE = 1.04;
  const field = (name) => root.querySelector(`[name=${name}]`);
  const state = root.querySelector(".state"), share = root.querySelector(".share"), problem = root.querySelector(".problem");
  const trainButton = root.querySelector("[data-do=train]"), seedsButton = root.querySelector("[data-do=seeds]");
  const task = { inputs: settings.inputs, targets: settings.targets };
  let current, own = null, running = false, counting = 0;
  seedsButton.textContent = `Train ${SEEDS} seeds`;

  const lr = () => settings.rates[Number(field("lr").value)];
  const hidden = () => (own ? own.hidden : Number(field("hidden").value));
  const seed = () => Math.max(0, Math.floor(Number(field("seed").value)) || 0);
  const epochs = () => Math.max(1, Math.floor(Number(field("epochs").value)) || 1);
  const shape = () => ({ ...settings.shape, hidden: hidden() });
  const drawn = (at) => network.initialWeights(shape(), at, Number(field("low").value), Number(field("high").value));

  function showMoment() {
    const { training, marks } = current;
    current.show({ weights: training.weights, epochs: marks.epochs, errors: marks.errors, epoch: training.epochs, error: training.error });
    const end = training.worst < settings.limit ? "every output is right" : "not every output is right";
    state.textContent = `${axes.countText(training.epochs, "epoch")}, error ${axes.numberText(training.error)}: ${end}`;
  }

  // Starts anew from the initial weights that the fields say.
  function restart() {
    running = false;
    counting += 1;
    trainButton.textContent = "Train";
    field("lr").nextElementSibling.textContent = axes.numberText(lr());
    field("hidden").value = hidden();
    field("hidden").nextElementSibling.textContent = hidden();
    const made = shape(), initial = own ? own.weights : drawn(seed());
    const training = network.training(made, task, initial, lr());
    training.look();
    current = { training, show: runView(root, settings, made), marks: { epochs: [0], errors: [training.error] }, next: 1 };
    share.textContent = "";
    showMoment();
  }

  // Trains up to the next epoch that is shown; they lie evenly on a log scale.
  function advance(end) {
    const { training, marks } = current;
    const until = performance.now() + FRAME;
    while (training.epochs < end && performance.now() < until && training.epochs < current.next) training.epoch();
    if (training.epochs < current.next && training.epochs < end) return;
    training.look();
    marks.epochs.push(training.epochs);
    marks.errors.push(training.error);
    current.next = Math.max(training.epochs + 1, Math.ceil(training.epochs * PACE));
    showMoment();
  }

  function train() {
    running = !running;
    trainButton.textContent = running ? "Pause" : "Train";
    const end = Math.max(epochs(), current.training.epochs < epochs() ? epochs() : current.training.epochs + epochs());
    const frame = () => {
      if (!running) return;
      advance(end);
      if (current.training.epochs < end && isFinite(current.training.error)) requestAnimationFrame(frame);
      else { running = false; trainButton.textContent = "Train"; }
    };
    requestAnimationFrame(frame);
  }

  // A share and its interval in percent, with the digits of a report.
  function shareText(count, total) {
    const [low, high] = network.rateInterval(count, total);
    const least = high - low >= 0.05 ? 0 : 1;
    const [share, from, to] = [count / total, low, high].map((each) => {
      let digits = least;
      const text = () => network.fixed(100 * each, digits);
      while (![0, 1].includes(each) && [0, 100].includes(Number(text())) && digits < 6) digits += 1;
      return text().replace(/\.0$/, "");
    });
    return `${share}\u00a0% [${from}, ${to}]`;
  }

  // Trains seed after seed, as many as a frame has time for, and says the share as it grows.
  function trainSeeds() {
    const mine = ++counting, first = seed(), made = { ...settings.shape, hidden: Number(field("hidden").value) };
    const low = Number(field("low").value), high = Number(field("high").value), rate = lr(), most = epochs();
    let done = 0, solved = 0;
    seedsButton.disabled = true;
    const frame = () => {
      const until = performance.now() + FRAME;
      while (mine === counting && done < SEEDS && performance.now() < until) {
        const initial = network.initialWeights(made, first + done, low, high);
        solved += network.converges(made, task, initial, rate, most, settings.limit);
        done += 1;
      }
      if (mine === counting && done) {
        const seeds = done === 1 ? `seed ${first}` : `the ${done} seeds ${first} to ${first + done - 1}`;
        share.textContent = `${solved} of ${seeds} ${solved === 1 ? "converges" : "converge"} within ${axes.countText(most, "epoch")}: ${shareText(solved, done)}, a 95\u00a0% interval.`;
      }
      if (mine === counting && done < SEEDS) setTimeout(frame); else seedsButton.disabled = false;
    };
    frame();
  }

  // Reads w1, b1, w2 and b2 as NumPy prints them; the number of hidden units follows from how many there are.
  function useOwnWeights() {
    const text = field("weights").value.replace(/\u2212/g, "-");
    const numbers = (text.match(/(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?!\w)/gi) || []).map(Number);
    const { inputs, outputs } = settings.shape;
    const units = (numbers.length - outputs) / (inputs + 1 + outputs);
    problem.textContent = "";
    if (!text.trim()) { own = null; restart(); return; }
    if (!Number.isInteger(units) || units < 1 || units > 8) {
      const sizes = Array.from({ length: 8 }, (_, n) => (n + 1) * (inputs + 1 + outputs) + outputs);
      problem.textContent = `${axes.countText(numbers.length, "number")}: a network of ${inputs} inputs and ${axes.countText(outputs, "output")} has ${sizes.slice(0, -1).join(", ")} or ${sizes.at(-1)} numbers with 1 to 8 hidden units, in the order w1, b1, w2, b2`;
      return;
    }
    own = { hidden: units, weights: numbers };
    restart();
  }

  const drawAgain = () => { own = null; restart(); };
  for (const name of ["hidden", "low", "high", "seed"]) field(name).addEventListener("input", drawAgain);
  field("lr").addEventListener("input", restart);
  root.querySelector("[data-do=new]").addEventListener("click", () => { field("seed").value = seed() + 1; drawAgain(); });
  root.querySelector("[data-do=restart]").addEventListener("click", restart);
  root.querySelector("[data-do=weights]").addEventListener("click", useOwnWeights);
  trainButton.addEventListener("click", train);
  seedsButton.addEventListener("click", trainSeeds);
  field("lr").max = settings.rates.length - 1;
  field("lr").value = settings.rates.indexOf(settings.lr);
  for (const name of ["hidden", "low", "high", "seed", "epochs"]) field(name).value = settings[name];
  root.hidden = false;
  if (settings.initial) {
    field("weights").value = settings.initial;
    useOwnWeights();
  } else restart();
})();
