// What every section of the form shares: the draft, how to change it, and what the server said is wrong with it.
import { createContext, useContext } from "react";
import type { FieldProblem } from "@/api/problem";
import type { Draft, FieldName } from "./fields";

export interface Form {
  draft: Draft;
  /** What the draft began with. */
  base: Draft;
  set: <Name extends FieldName>(name: Name, value: Draft[Name]) => void;
  problems: FieldProblem[];
  /** Null: the task is not there yet. */
  taskId: string | null;
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const found = useContext(FormContext);
  if (!found) throw new Error("outside of FormContext");
  return found;
}

/** Whatever JSON says there, as a list. */
export function listOf<Item>(value: readonly Item[] | null | undefined): Item[] {
  return Array.isArray(value) ? [...(value as Item[])] : [];
}
