// How the list looks: height of rows and columns, kept in this browser.
import { SettingOutlined } from "@ant-design/icons";
import { Button, Checkbox, Popover, Segmented } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { type Column, COLUMNS, readColumns } from "./columns";
import type { Density } from "./TaskTable";
import { LIST } from "./texts";

const DENSITY = "automation.tasks.density";
const CHOSEN = "automation.tasks.columns";

export function useDisplay() {
  const [density, setDensity] = useState<Density>(() => (localStorage.getItem(DENSITY) === "compact" ? "compact" : "comfortable"));
  const [columns, setColumns] = useState<readonly Column[]>(() => readColumns(localStorage.getItem(CHOSEN)));
  return {
    density,
    columns,
    setDensity: (chosen: Density) => {
      localStorage.setItem(DENSITY, chosen);
      setDensity(chosen);
    },
    setColumns: (chosen: readonly Column[]) => {
      localStorage.setItem(CHOSEN, chosen.join(","));
      setColumns(chosen);
    },
  };
}

export function DisplayButton({ density, columns, setDensity, setColumns }: ReturnType<typeof useDisplay>) {
  const t = useTexts(LIST);
  const content = (
    <div style={{ display: "grid", gap: 12, width: 240 }}>
      <div>
        <div style={{ marginBlockEnd: 4 }}>{t("density")}</div>
        <Segmented block value={density} onChange={setDensity} options={(["comfortable", "compact"] as const).map((value) => ({ value, label: t(`density.${value}`) }))} />
      </div>
      <div>
        <div style={{ marginBlockEnd: 4 }}>{t("columns")}</div>
        <Checkbox.Group
          value={[...columns]}
          onChange={(chosen) => setColumns(COLUMNS.filter((column) => chosen.includes(column)))}
          options={COLUMNS.map((value) => ({ value, label: t(`column.${value}`) }))}
          style={{ display: "grid", gap: 6 }}
        />
        <div style={{ marginBlockStart: 8, color: "var(--ant-color-text-description)", fontSize: 12 }}>{t("columns.room")}</div>
      </div>
    </div>
  );
  return (
    <Popover trigger="click" placement="bottomRight" content={content}>
      <Button icon={<SettingOutlined aria-hidden />} aria-label={t("look")} />
    </Popover>
  );
}
