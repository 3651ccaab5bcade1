// Axes of figures: where numbers lie, which of them get a tick, and how they are written.
const axes = (function () {
  const LEAST_LOG_RATIO = 20;
  const CHARACTER = 6.6;
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const STEPS = [[1, 2, 5], [1, 3], [1]];

  // Steps of 1, 2 or 5 times a power of ten, at most `most` of them within the limits.
  function linearTicks(low, high, most) {
    const least = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= least * 0.999);
    const ticks = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) {
      ticks.push(parseFloat((n * step).toPrecision(12)));
    }
    return ticks;
  }

  // 1, 2 and 5 of each decade, or fewer of each, or every so many decades, as there is room.
  function logTicks(low, high, most) {
    const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
    const within = (ticks) => ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
    const decades = (every) =>
      Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, n) => first + n * every);
    for (const steps of STEPS) {
      const ticks = within(decades(1).flatMap((power) =>
        steps.map((step) => parseFloat(`${step}e${power}`))));
      if (ticks.length <= most) return ticks;
    }
    const every = Math.ceil((last - first + 1) / most);
    return within(decades(every).map((power) => parseFloat(`1e${power}`)));
  }

  const isLog = (numbers) =>
    Math.min(...numbers) > 0 && Math.max(...numbers) >= LEAST_LOG_RATIO * Math.min(...numbers);

  // Returns a scale between two ends; `at` is the place of a number.
  function scale(numbers, from, to, settings = {}) {
    const log = settings.log ?? isLog(numbers);
    let low = settings.low ?? Math.min(...numbers), high = settings.high ?? Math.max(...numbers);
    if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
    const way = log ? Math.log : (number) => number;
    const at = (number) => from + (to - from) * (way(number) - way(low)) / (way(high) - way(low));
    const share = (number) => (way(number) - way(low)) / (way(high) - way(low));
    const ticks = (most) => (log ? logTicks : linearTicks)(low, high, most);
    return { at, share, ticks, log, low, high };
  }

  const signed = (text) => text.replaceAll("-", "\u2212");

  function numberText(number) {
    const size = Math.abs(number);
    if (size && (size < 1e-3 || size >= 1e7)) {
      const power = Math.floor(Math.log10(size) + 1e-9), factor = number / 10 ** power;
      const exponent = String(Math.abs(power)).replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
      const ten = `10${power < 0 ? "⁻" : ""}${exponent}`;
      const rounded = parseFloat(factor.toPrecision(4));
      return rounded === 1 ? ten : signed(`${rounded}·${ten}`);
    }
    return signed(parseFloat(number.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 8 }));
  }

  const percentText = (share) => `${parseFloat((100 * share).toPrecision(4))}\u00a0%`;

  const countText = (count, noun) =>
    `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

  const widthOf = (text) => CHARACTER * text.length;

  // Leaves out the labels that would touch one before them.
  function apart(labels) {
    let end = -Infinity;
    return labels.filter(({ place, text }) => {
      const half = widthOf(text) / 2;
      if (place - half < end + 5) return false;
      end = place + half;
      return true;
    });
  }

  return { scale, signed, numberText, percentText, countText, widthOf, apart, linearTicks, logTicks };
})();
