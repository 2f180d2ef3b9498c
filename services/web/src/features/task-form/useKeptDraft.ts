// What is typed outlives a reload.
import { useEffect } from "react";
import { dropDraft, keepDraft } from "./drafts";
import type { Draft } from "./fields";

export function useKeptDraft(key: string, dirty: boolean, draft: Draft, base: Draft, version: number | null): void {
  useEffect(() => {
    if (dirty) keepDraft(key, { draft, base, version });
    else dropDraft(key);
  }, [key, dirty, draft, base, version]);
}
