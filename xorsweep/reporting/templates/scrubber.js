// The recorded run: a scrubber over its epochs moves all figures together.
(function () {
  const source = document.getElementById("run-data");
  if (!source) return;
  const data = JSON.parse(source.textContent).scrubber, root = document.getElementById("scrubber");
  if (!data) return;
  const show = runView(root, data, data.shape);
  const slider = root.querySelector("input"), play = root.querySelector("[data-do=play]");
  const state = root.querySelector("output");
  const FRAME = 60;
  let timer = null;
  slider.max = data.epochs.length - 1;

  function draw() {
    const place = Number(slider.value), epoch = data.epochs[place];
    const when = epoch ? `after ${axes.countText(epoch, "epoch")}` : "before training";
    state.textContent = `${when}: error ${axes.numberText(data.errors[place])}`;
    slider.setAttribute("aria-valuetext", state.textContent);
    show({ weights: data.weights[place], epochs: data.epochs, errors: data.errors, epoch, error: data.errors[place] });
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }

  function step(count) {
    slider.value = Number(slider.value) + count;
    draw();
    if (Number(slider.value) === data.epochs.length - 1) pause();
  }

  function toggle() {
    if (timer) { pause(); return; }
    if (Number(slider.value) === data.epochs.length - 1) slider.value = 0;
    play.textContent = "Pause";
    timer = setInterval(() => step(1), FRAME);
    draw();
  }

  play.addEventListener("click", toggle);
  root.querySelector("[data-do=back]").addEventListener("click", () => { pause(); step(-1); });
  root.querySelector("[data-do=forward]").addEventListener("click", () => { pause(); step(1); });
  slider.addEventListener("input", () => { pause(); draw(); });
  slider.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle();
  });
  root.hidden = false;
  slider.value = data.epochs.length - 1;
  draw();
})();
