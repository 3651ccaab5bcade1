// Links into parts that are hidden show them, and regions that scroll sideways say so.
(function () {
  function showTarget() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    const folded = target.closest("details");
    if (folded) folded.open = true;
    if (target.tagName === "TR") target.dispatchEvent(new Event("reveal", { bubbles: true }));
    if (folded || target.tagName === "TR") target.scrollIntoView();
  }

  function showWhereMoreIs(region) {
    const hint = document.createElement("p");
    hint.className = "scroll-hint";
    hint.textContent = "Scroll sideways for more \u2192";
    region.before(hint);
    const image = region.querySelector(":scope > img");
    const update = () => {
      // A figure that is a little wider than the screen becomes smaller, so that all of it shows.
      const fits = image && image.naturalWidth <= 1.4 * region.clientWidth;
      if (image) image.style.maxWidth = fits ? "100%" : "";
      const left = region.scrollWidth - region.clientWidth;
      hint.hidden = left <= 1;
      region.classList.toggle("more-right", left - region.scrollLeft > 1);
    };
    region.addEventListener("scroll", update, { passive: true });
    new ResizeObserver(update).observe(region);
    if (region.firstElementChild) new ResizeObserver(update).observe(region.firstElementChild);
  }

  document.querySelectorAll(".wide, .figure").forEach(showWhereMoreIs);
  addEventListener("hashchange", showTarget);
  // A click on a link to the place where the page is already shows it again.
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) showTarget();
  });
  showTarget();
})();
