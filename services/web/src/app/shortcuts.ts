// Keys that do something. They rest while somebody types, while an input method composes (bopomofo, Cangjie:
// `isComposing`, or key code 229 in browsers that tell it late) and while a dialog is open. Each one that is alive
// is listed on the sheet that `?` opens.
import { useEffect, useSyncExternalStore } from "react";
import { useHotkeys } from "react-hotkeys-hook";

export interface Shortcut {
  keys: string;
  label: string;
}

const alive = new Map<symbol, Shortcut>();
const listeners = new Set<() => void>();
let listed: Shortcut[] = [];

/** `keys`: "j", "mod+k", "shift+/" or, one after the other, "g t". `label` is what the sheet says. */
export function useShortcut(
  keys: string,
  label: string,
  act: (event: KeyboardEvent) => void,
  options: { enabled?: boolean; whileTyping?: boolean; inDialogs?: boolean } = {},
): void {
  const { enabled = true, whileTyping = false, inDialogs = false } = options;
  useEffect(() => {
    if (!enabled) return;
    const id = Symbol(keys);
    alive.set(id, { keys, label });
    tell();
    return () => {
      alive.delete(id);
      tell();
    };
  }, [keys, label, enabled]);
  useHotkeys(keys.replaceAll(" ", ">"), act, {
    enabled,
    preventDefault: true,
    enableOnFormTags: whileTyping,
    enableOnContentEditable: whileTyping,
    useKey: keys.length === 1,
    ignoreEventWhen: (event) => isComposing(event) || (!inDialogs && dialogIsOpen()),
  });
}

export function useListedShortcuts(): Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => listed,
  );
}

export function isComposing(event: { isComposing?: boolean; keyCode?: number }): boolean {
  return event.isComposing === true || event.keyCode === 229;
}

function dialogIsOpen(): boolean {
  return document.querySelector(".ant-modal-wrap:not([style*='display: none']), .ant-drawer-open .ant-drawer-mask") !== null;
}

function tell(): void {
  listed = [...new Map([...alive.values()].map((each) => [each.keys, each])).values()];
  listeners.forEach((listener) => listener());
}
