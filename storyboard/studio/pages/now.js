// What the page knows and looks at, and the parts that are drawn from it.

export const now = {
  state: null, film: null, draft: {}, shooting: {}, // what the studio has told
  gone: false, // whether it has stopped telling
  selected: "", // the shot that is looked at, by its id
  taken: 0, // which of its takes, from 1; 0 for what stands for it now
  beside: false, // whether its takes are looked at side by side
  active: "film", // what the keys play: "film" or "clip"
  fresh: null, // a take that has been bought and is not shown yet
  note: null, // what was done last: a text, or an error
  written: false, // whether there is an edit to put back
  typed: {}, // what was typed and is not written yet, by shot
};

/** The shot that is looked at; nothing while there is no film. */
export const shot = () => now.film && (now.film.shots.find((one) => one.id === now.selected) || now.film.shots[0]);

const drawers = {};
/** Say how a part of the page is drawn. */
export const draws = (part, draw) => { drawers[part] = draw; };
/** Draw parts of the page; each changes only what is another by now. */
export const redraw = (...parts) => { for (const part of parts) drawers[part](); };
