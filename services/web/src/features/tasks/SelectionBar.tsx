// What is chosen and what can be done with all of it; at the foot of the screen while anything is chosen.
import { Button, Flex, Tooltip } from "antd";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { WORDS } from "@/components/texts";
import type { BulkAction } from "./BulkDialog";
import { countOf, MOST_IDS, type Selection } from "./selection";
import { BULK, LIST } from "./texts";

export interface SelectionBarProps {
  selection: Selection;
  total: number;
  exact: boolean;
  /** Whether all that are loaded are chosen, and there are more. */
  offersAll: boolean;
  onAll: () => void;
  onClear: () => void;
  onAct: (action: BulkAction) => void;
}

const ACTIONS: readonly [BulkAction, string][] = [["enable", "tasks:write"], ["disable", "tasks:write"], ["run", "tasks:run"], ["delete", "tasks:write"]];

export function SelectionBar({ selection, total, exact, offersAll, onAll, onClear, onAct }: SelectionBarProps) {
  const t = useTexts(LIST);
  const b = useTexts(BULK);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const count = countOf(selection, total);
  if (count === 0) return null;
  const tooMany = selection.kind === "some" && count > MOST_IDS;
  return (
    <Flex
      role="region"
      aria-label={t("select.count", { count })}
      wrap="wrap"
      gap={8}
      align="center"
      style={{ position: "sticky", insetBlockEnd: 12, zIndex: 20, padding: "10px 14px", borderRadius: 12, background: "var(--ant-color-bg-elevated)", boxShadow: "var(--ant-box-shadow-secondary)", border: "1px solid var(--ant-color-border)" }}
    >
      <strong role="status">{t("select.count", { count })}</strong>
      {selection.kind === "all" ? <span style={{ color: "var(--ant-color-text-description)" }}>{t("select.is-everything")}</span> : null}
      {offersAll ? <Button type="link" size="small" onClick={onAll}>{t(exact ? "select.everything" : "select.everything.more", { count: total })}</Button> : null}
      <span style={{ flex: 1 }} />
      {ACTIONS.map(([action, scope]) => {
        const allowed = can(scope) && can("tasks:run");
        const why = !allowed ? t("no.right") : tooMany ? t("select.too-many") : "";
        return (
          <Tooltip key={action} title={why}>
            <Button danger={action === "delete"} type={action === "run" ? "primary" : "default"} disabled={why !== ""} onClick={() => onAct(action)}>
              {action === "run" ? t("run") : b(action)}
            </Button>
          </Tooltip>
        );
      })}
      <Button type="text" aria-label={t("select.clear")} onClick={onClear}>{w("cancel")}</Button>
    </Flex>
  );
}
