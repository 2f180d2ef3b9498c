// What makes a page longer or shorter must not do so between the press of a button and its release: whatever moves away
// from under the pointer is never clicked. Leaving a field is such a moment, since it is left by pressing something else.
let pressed = false;
window.addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (pressed = false), true);

/** Do it now; or, while something is pressed, after the click that comes of it. */
export function onceReleased(act: () => void): void {
  if (!pressed) {
    act();
    return;
  }
  const over = new AbortController();
  const released = () => {
    over.abort();
    // The click follows the release within the same turn.
    setTimeout(act);
  };
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, released, { capture: true, signal: over.signal });
}
