// Lines of a crontab become schedules: pasted, read by the server line by line, taken over with one click.
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Modal, Select, Tag } from "antd";
import { useId, useState } from "react";
import { api, ask, type Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import { useSettled } from "@/components/settled";
import { Help, Problems } from "./Field";
import { SCHEDULE } from "./schedule-texts";

export type CrontabLine = Schema<"CrontabEntry">;
type Users = Schema<"CrontabText">["user_column"];
const USERS: NonNullable<Users>[] = ["auto", "yes", "no"];

export interface CrontabImportProps {
  zone: string;
  onClose: () => void;
  onUse: (line: CrontabLine, withCommand: boolean) => void;
}

export function CrontabImport({ zone, onClose, onUse }: CrontabImportProps) {
  const t = useTexts(SCHEDULE);
  const [text, setText] = useState("");
  const [users, setUsers] = useState<NonNullable<Users>>("auto");
  const [withCommand, setWithCommand] = useState(true);
  const id = useId();
  const asked = useSettled({ text, user_column: users, timezone: zone });
  const read = useQuery({
    queryKey: ["task-form", "crontab", asked],
    queryFn: () => ask(api.POST("/api/v1/group-ai/schedules/parse-crontab", { body: asked })),
    enabled: asked.text.trim() !== "",
    staleTime: Infinity,
  });
  const lines = asked.text.trim() ? (read.data?.lines ?? []).filter((each) => each.kind !== "comment") : [];
  return (
    <Modal open title={t("crontab.title")} onCancel={onClose} footer={null} width={720}>
      <label htmlFor={id} style={{ display: "block", marginBlockEnd: 4 }}>{t("crontab.text")}</label>
      <Input.TextArea id={id} ref={focusOnceShown} className="mono" rows={5} spellCheck={false} value={text} placeholder={"# nightly copy\n0 2 * * 1-5 /usr/bin/backup.sh --all"} onChange={(event) => setText(event.target.value)} aria-describedby={`${id}-help`} />
      <Help id={`${id}-help`}>{t("crontab.help")}</Help>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 16, alignItems: "center", marginBlock: 8 }}>
        <Checkbox checked={withCommand} onChange={(event) => setWithCommand(event.target.checked)}>{t("crontab.shell")}</Checkbox>
        <span>
          {t("crontab.users")} <Select aria-label={t("crontab.users")} value={users} onChange={setUsers} options={USERS.map((each) => ({ value: each, label: t(`users.${each}`) }))} style={{ width: 120 }} />
        </span>
      </div>
      <Failure error={read.error} />
      <ul aria-live="polite" style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
        {lines.map((line) => (
          <Line key={line.line} line={line} onUse={() => onUse(line, withCommand)} />
        ))}
      </ul>
      {lines.length === 0 ? <Help>{t("crontab.empty")}</Help> : null}
    </Modal>
  );
}

function Line({ line, onUse }: { line: CrontabLine; onUse: () => void }) {
  const t = useTexts(SCHEDULE);
  const { language } = usePreferences();
  return (
    <li style={{ display: "flex", gap: 12, alignItems: "flex-start", padding: 10, borderRadius: 8, border: "1px solid var(--ant-color-border-secondary)" }}>
      <div style={{ flex: 1, minWidth: 0 }}>
        {line.description ? <div style={{ fontWeight: 500 }}>{line.description[language]}</div> : null}
        <code className="break">{line.command ?? line.text}</code>
        {line.comment && line.kind === "job" ? <div style={{ color: "var(--ant-color-text-description)" }}># {line.comment}</div> : null}
        {line.user ? <Tag>{line.user}</Tag> : null}
        <Problems problems={line.problems} />
        {line.notes.map((each, index) => (
          <Help key={index}>{each.detail}</Help>
        ))}
      </div>
      {line.schedule_config ? (
        <Button type="primary" size="small" aria-label={t("crontab.useLine", { line: line.line })} onClick={onUse}>{t("crontab.use")}</Button>
      ) : (
        <span style={{ color: "var(--ant-color-text-description)", whiteSpace: "nowrap" }}>{t("crontab.line", { line: line.line })}</span>
      )}
    </li>
  );
}
