// Chooses an action: by category or by searching its name, title and description. Once chosen, it folds to one line.
import { Button, Empty, Input, Segmented, Skeleton, Tag } from "antd";
import { useState } from "react";
import { usePreferences } from "@/app/preferences";
import { isComposing } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { ActionIcon } from "./icons";
import { ACTIONS } from "./texts";
import { type Action, descriptionOf, titleOf, useActions } from "./useActions";

export interface ActionPickerProps {
  value: string;
  onChange: (action: string) => void;
}

const ORDER: Action["category"][] = ["accounts", "scripts", "alerts", "backups", "web", "messages", "data", "programs", "flow", "other"];

export function ActionPicker({ value, onChange }: ActionPickerProps) {
  const t = useTexts(ACTIONS);
  const { language } = usePreferences();
  const actions = useActions();
  const [open, setOpen] = useState(value === "");
  const [search, setSearch] = useState("");
  const [category, setCategory] = useState<string>("all");

  if (!actions.data) return actions.error ? <Failure error={actions.error} retry={() => void actions.refetch()} /> : <Skeleton active paragraph={{ rows: 3 }} />;
  const chosen = actions.data.find((each) => each.name === value);
  if (!open && value !== "") {
    return (
      <div style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "center", padding: 12, borderRadius: 8, border: "1px solid var(--ant-color-border-secondary)" }}>
        <span style={{ fontSize: 22 }}><ActionIcon name={value} /></span>
        <div style={{ flex: "1 1 220px", minWidth: 0 }}>
          <strong>{chosen ? titleOf(chosen, language) : value}</strong> <code className="mono" style={{ color: "var(--ant-color-text-description)" }}>{value}</code>
          {chosen ? <div style={{ color: "var(--ant-color-text-description)" }}>{descriptionOf(chosen, language)}</div> : null}
        </div>
        <Button onClick={() => setOpen(true)}>{t("picker.change")}</Button>
      </div>
    );
  }
  const wanted = search.trim().toLowerCase();
  const found = actions.data
    .filter((each) => category === "all" || each.category === category)
    .filter((each) => `${each.name} ${Object.values(each.title).join(" ")} ${descriptionOf(each, language)}`.toLowerCase().includes(wanted))
    .sort((a, b) => ORDER.indexOf(a.category) - ORDER.indexOf(b.category));
  const choose = (name: string) => {
    onChange(name);
    setOpen(false);
  };
  const categories = ORDER.filter((each) => actions.data.some((action) => action.category === each));
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <Input.Search
        aria-label={t("picker.search")}
        placeholder={t("picker.search")}
        allowClear
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onPressEnter={(event) => {
          if (isComposing(event.nativeEvent)) return;
          event.preventDefault();
          if (found[0]) choose(found[0].name);
        }}
      />
      <div style={{ overflowX: "auto" }}>
        <Segmented
          aria-label={t("picker.label")}
          value={category}
          onChange={setCategory}
          options={["all" as const, ...categories].map((each) => ({ value: each, label: t(`category.${each}`) }))}
        />
      </div>
      {found.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("picker.none")} /> : null}
      <ul aria-label={t("picker.label")} style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8, gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 260px), 1fr))" }}>
        {found.map((each) => (
          <li key={each.name}>
            <ActionCard action={each} chosen={each.name === value} onChoose={() => choose(each.name)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function ActionCard({ action, chosen, onChoose }: { action: Action; chosen: boolean; onChoose: () => void }) {
  const t = useTexts(ACTIONS);
  const { language } = usePreferences();
  return (
    <Button
      block
      aria-pressed={chosen}
      onClick={onChoose}
      type={chosen ? "primary" : "default"}
      ghost={chosen}
      style={{ height: "100%", minHeight: 84, padding: 12, justifyContent: "flex-start", alignItems: "flex-start", textAlign: "start", whiteSpace: "normal" }}
    >
      <span style={{ display: "flex", gap: 12, width: "100%" }}>
        <span style={{ fontSize: 20 }}><ActionIcon name={action.name} /></span>
        <span style={{ minWidth: 0, flex: 1 }}>
          <span style={{ display: "block" }}>
            <strong>{titleOf(action, language)}</strong> {action.runs_code ? <Tag style={{ marginInlineStart: 4 }}>{t("form.code")}</Tag> : null}
          </span>
          <code className="mono" style={{ color: "var(--ant-color-text-description)" }}>{action.name}</code>
          <span style={{ display: "block", color: "var(--ant-color-text-description)" }}>{descriptionOf(action, language)}</span>
        </span>
      </span>
    </Button>
  );
}
