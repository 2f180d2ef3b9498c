// The task as a document, and the commands that do with it what the page does.
import { Card } from "antd";
import { useTexts } from "@/app/texts";
import { Command } from "@/components/Command";
import { Json } from "@/components/Json";
import { curlToCreate, curlToRun, definitionOf, type Task } from "../definition";
import { DETAIL } from "../detailTexts";

export default function DefinitionTab({ task }: { task: Task }) {
  const t = useTexts(DETAIL);
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 12 }}>
      <Card title={t("def.json")} extra={t("def.version", { count: task.version })}>
        <p style={{ marginBlockStart: 0, color: "var(--ant-color-text-description)" }}>{t("def.json.help")}</p>
        <Json value={definitionOf(task)} maxHeight={560} />
      </Card>
      <Card title={t("def.id")}><Command text={task.id} /></Card>
      <Card title={t("def.run")}><Command text={curlToRun(task, location.origin)} /></Card>
      <Card title={t("def.curl")}><Command text={curlToCreate(task, location.origin)} /></Card>
    </div>
  );
}
