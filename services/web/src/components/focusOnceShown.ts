// `autoFocus` for dialogs and drawers. The real one comes too early where nothing moves (theme.ts): the field is not in the document
// yet, and Ant Design then gives the focus to the first thing that takes it, the button that closes.

/** A button, or what Ant Design hands out for a field. */
type Target = HTMLElement | { nativeElement: HTMLElement | null; focus: () => void };

/** React calls a `ref` again whenever a form draws its field anew; somebody may be elsewhere by then. */
const focused = new WeakSet<HTMLElement>();

/** Give it the focus once it is on the screen: `ref={focusOnceShown}` on what is drawn with the dialog. */
export function focusOnceShown(target: Target | null): void {
  const element = target && "nativeElement" in target ? target.nativeElement : target;
  if (!target || !element || focused.has(element)) return;
  focused.add(element);
  // Later than the dialog, which first notes where the focus was.
  setTimeout(() => target.focus());
}
