// What somebody has typed survives a reload of the tab, and an accident with the back button.
import type { Draft } from "./fields";

export interface Kept {
  draft: Draft;
  /** What it began with, and its version: null for a task that is not there yet. */
  base: Draft;
  version: number | null;
}

const PREFIX = "automation.task-form.";

export function keepDraft(key: string, kept: Kept): void {
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify(kept));
  } catch {
    // Storage may be full or forbidden; then a reload forgets.
  }
}

export function dropDraft(key: string): void {
  try {
    sessionStorage.removeItem(PREFIX + key);
  } catch {
    // As above.
  }
}

export function keptDraft(key: string): Kept | null {
  try {
    const text = sessionStorage.getItem(PREFIX + key);
    return text ? (JSON.parse(text) as Kept) : null;
  } catch {
    return null;
  }
}
