// j and k move through a list, Enter opens, x chooses; the row that is active stays so while the list refreshes.
import { useState } from "react";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { WORDS } from "@/components/texts";

export function useListKeys<Row extends { id: string }>(rows: readonly Row[], act: { open: (row: Row) => void; select?: (row: Row) => void; show: (index: number) => void }): string | null {
  const t = useTexts(WORDS);
  const [active, setActive] = useState<string | null>(null);
  const at = rows.findIndex((row) => row.id === active);
  const current = rows[at];
  const move = (step: number) => {
    const index = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
    const row = rows[index];
    if (!row) return;
    setActive(row.id);
    act.show(index);
  };
  useShortcut("j", t("list.next"), () => move(1), { enabled: rows.length > 0 });
  useShortcut("k", t("list.previous"), () => move(-1), { enabled: rows.length > 0 });
  useShortcut("enter", t("list.open"), (event) => {
    // A button or link that has the focus knows what Enter means.
    if (current && !(event.target as Element).closest("a, button, [role=group]")) act.open(current);
  }, { enabled: !!current });
  useShortcut("x", t("list.select"), () => current && act.select?.(current), { enabled: !!current && !!act.select });
  return active;
}
