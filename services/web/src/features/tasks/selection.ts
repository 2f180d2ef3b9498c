// Which tasks are chosen: some of those that are shown, or all that the query finds but some. Pure.
export type Selection = { kind: "some"; ids: ReadonlySet<string> } | { kind: "all"; query: string; except: ReadonlySet<string> };

export const NOTHING: Selection = { kind: "some", ids: new Set() };
/** As many as the API takes by their ids. */
export const MOST_IDS = 1_000;

export function isChosen(selection: Selection, id: string): boolean {
  return selection.kind === "some" ? selection.ids.has(id) : !selection.except.has(id);
}

export function toggle(selection: Selection, id: string): Selection {
  return selection.kind === "some"
    ? { kind: "some", ids: toggled(selection.ids, id) }
    : { ...selection, except: toggled(selection.except, id) };
}

/** From the row last clicked to this one, all as this one becomes. */
export function toggleRange(selection: Selection, shown: readonly string[], from: string | null, to: string): Selection {
  const a = from === null ? -1 : shown.indexOf(from);
  const b = shown.indexOf(to);
  if (a < 0 || b < 0) return toggle(selection, to);
  const wanted = !isChosen(selection, to);
  return shown
    .slice(Math.min(a, b), Math.max(a, b) + 1)
    .reduce((known, id) => (isChosen(known, id) === wanted ? known : toggle(known, id)), selection);
}

/** All that are shown, or none if they are chosen already. */
export function toggleShown(selection: Selection, shown: readonly string[]): Selection {
  const all = shown.length > 0 && shown.every((id) => isChosen(selection, id));
  return all ? NOTHING : { kind: "some", ids: new Set(shown) };
}

export function countOf(selection: Selection, total: number): number {
  return selection.kind === "some" ? selection.ids.size : Math.max(total - selection.except.size, 0);
}

/** What the API is told. */
export function wishOf(selection: Selection, timezone: string): { ids: string[] } | { q: string; timezone: string; except: string[] } {
  return selection.kind === "some"
    ? { ids: [...selection.ids] }
    : { q: selection.query, timezone, except: [...selection.except] };
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(ids);
  if (!after.delete(id)) after.add(id);
  return after;
}
