// The newest text of a script: to read, or to change into the next version.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Input, Space } from "antd";
import { ApiProblem } from "@/api/problem";
import { useSession } from "@/app/session";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { Failure } from "@/components/Failure";
import { LeaveGuard } from "@/components/LeaveGuard";
import { saveScript, type Script } from "./api";
import { CheckedEditor } from "./CheckedEditor";
import { SCRIPTS } from "./texts";

export interface Draft {
  text: string;
  summary: string;
  /** Of the script when editing began. */
  etag: string;
}

interface Props {
  script: Script;
  etag: string;
  /** Null: nothing is changed. Held by the page, so that it outlives a look at another tab. */
  draft: Draft | null;
  onDraft: (draft: Draft | null) => void;
}

export function Content({ script, etag, draft, onDraft }: Props) {
  const t = useTexts(SCRIPTS);
  const { can } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  const dirty = draft !== null && draft.text !== script.yaml_content;
  const saving = useMutation({
    mutationFn: (mark: string | null) => saveScript(script.script_id, { yaml_content: draft?.text ?? "", change_summary: draft?.summary || null }, mark),
    onSuccess: (saved) => {
      void message.success(t("edit.saved", { number: saved.version }));
      onDraft(null);
      return client.invalidateQueries({ queryKey: ["scripts"] });
    },
  });
  const stale = saving.error instanceof ApiProblem && saving.error.status === 412;
  const change = (changes: Partial<Draft>) => onDraft({ text: draft?.text ?? script.yaml_content, summary: draft?.summary ?? "", etag: draft?.etag ?? etag, ...changes });
  useShortcut("mod+s", t("edit.save"), () => dirty && saving.mutate(draft.etag), { whileTyping: true, enabled: dirty });
  if (!can("scripts:write")) {
    return <CodeEditor readOnly language="yaml" label={t("edit.text")} value={script.yaml_content} height="480px" />;
  }
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <CheckedEditor label={t("edit.text")} value={draft?.text ?? script.yaml_content} onChange={(text) => change({ text })} height="440px" />
      <Space wrap align="start">
        <Input
          aria-label={t("edit.summary")}
          placeholder={t("edit.summary")}
          maxLength={500}
          value={draft?.summary ?? ""}
          onChange={(event) => change({ summary: event.target.value })}
          style={{ width: 320, maxWidth: "100%" }}
        />
        <Button type="primary" disabled={!dirty} loading={saving.isPending} onClick={() => saving.mutate(draft?.etag ?? etag)}>{t("edit.save")}</Button>
        {draft ? <Button onClick={() => onDraft(null)}>{t("edit.reset")}</Button> : null}
      </Space>
      {stale ? (
        <Alert type="warning" showIcon title={t("edit.stale")} action={<Button size="small" onClick={() => saving.mutate(null)}>{t("edit.overwrite")}</Button>} />
      ) : (
        <Failure error={saving.error} />
      )}
      <LeaveGuard dirty={dirty} />
    </div>
  );
}
