"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const named = (id) => document.getElementById(id);
  const film = named("film"), track = named("track");
  const seconds = Number(track.dataset.seconds);
  document.documentElement.classList.add("live");

  // The film stands in the page as text.
  const reel = named("reel");
  if (film && reel) {
    const text = atob(reel.textContent);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    film.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
    reel.remove();
  }

  // Where the film is.
  const cells = all(".cell");
  const places = cells.map((cell) => {
    const box = cell.getBoundingClientRect(), whole = track.getBoundingClientRect();
    return [(box.left - whole.left) / whole.width, (box.right - whole.left) / whole.width];
  });
  const follow = () => {
    const share = film.duration ? film.currentTime / film.duration : 0;
    named("playhead").style.left = `${share * 100}%`;
    named("playhead").hidden = !film.currentTime;
    const now = places.findLastIndex(([left, right]) => share >= left && share < right);
    cells.forEach((cell, index) => cell.classList.toggle("now", index === now && film.currentTime > 0));
    if (!film.paused && !film.ended) requestAnimationFrame(follow);
  };
  const go = (at, play) => {
    film.currentTime = Math.min(at, film.duration || at);
    if (play) film.play();
  };
  if (film && "film" in track.dataset) {
    for (const event of ["play", "seeked", "timeupdate", "loadedmetadata"]) film.addEventListener(event, follow);
    for (const button of all(".play")) {
      button.addEventListener("click", () => {
        film.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
        go(Number(button.dataset.at) + 0.001, true);
      });
    }
    for (const part of all(".ruler, .lane")) {
      part.addEventListener("click", (event) => {
        const whole = track.getBoundingClientRect();
        go((event.clientX - whole.left) / whole.width * (film.duration || seconds), false);
      });
    }
  }
  function calm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  // A pointer over a picture looks through its frames; the slider below it does the same by keyboard and touch.
  const show = (one, step) => one.style.setProperty("--k", step);
  const under = (event) => {
    const one = event.currentTarget, box = one.getBoundingClientRect(), steps = Number(one.dataset.steps);
    const step = Math.floor((event.clientX - box.left) / box.width * steps);
    return Math.max(0, Math.min(steps - 1, step));
  };
  for (const one of all(".view, .cell")) {
    if (Number(one.dataset.steps) < 2) continue;
    const slider = one.nextElementSibling && one.nextElementSibling.querySelector("input[data-view]");
    one.addEventListener("pointermove", (event) => {
      const step = under(event);
      show(one, step);
      if (slider) slider.value = step;
    });
    if (!slider) one.addEventListener("pointerleave", () => one.style.removeProperty("--k"));
  }
  for (const slider of all("input[data-view]")) {
    slider.addEventListener("input", () => show(named(`v${slider.dataset.view}`), slider.value));
    show(named(`v${slider.dataset.view}`), slider.value);
  }
})();
