// Somebody else saved the task meanwhile: mine, theirs, and what both began with, field by field. Pure.
import { type Draft, type FieldName, FIELDS, same } from "./fields";

export type Side = "mine" | "theirs";

export interface Difference {
  field: FieldName;
  base: unknown;
  mine: unknown;
  theirs: unknown;
  /** Both have changed it, each in another way: a person must choose. */
  contested: boolean;
  /** What is right if nobody chooses: whoever has changed it. */
  chosen: Side;
}

/** The fields in which mine and theirs differ. */
export function differences(base: Draft, mine: Draft, theirs: Draft): Difference[] {
  return FIELDS.filter((field) => !same(mine[field], theirs[field])).map((field) => {
    const mineIsNew = !same(base[field], mine[field]);
    const theirsIsNew = !same(base[field], theirs[field]);
    return {
      field,
      base: base[field],
      mine: mine[field],
      theirs: theirs[field],
      contested: mineIsNew && theirsIsNew,
      chosen: mineIsNew ? "mine" : "theirs",
    };
  });
}

/** Theirs, with those of my fields that were chosen. */
export function merged(mine: Draft, theirs: Draft, choices: Partial<Record<FieldName, Side>>): Draft {
  const picked = FIELDS.filter((field) => choices[field] === "mine").map((field) => [field, mine[field]]);
  return { ...theirs, ...Object.fromEntries(picked) } as Draft;
}
