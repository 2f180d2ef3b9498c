// A restore drill: asked for, watched, and what came of it.
import { SafetyCertificateOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Progress, Space } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { api, ask, done, newIdempotencyKey } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { Elapsed } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { type Backup, hasFile } from "./marks";
import { BACKUPS } from "./texts";

/** The run that restores each backup now, as far as this page has asked for it; the list tells of others'. */
export function useDrill() {
  const t = useTexts(BACKUPS);
  const w = useTexts(WORDS);
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Record<string, string>>({});
  const verifying = useMutation({
    mutationFn: (backup: Backup) =>
      done(api.POST("/api/v1/group-ai/backups/{backup_id}/verify", { params: { path: { backup_id: backup.id }, header: { "Idempotency-Key": newIdempotencyKey() } } })),
    onSuccess: async ({ run_id }, backup) => {
      setAsked((before) => ({ ...before, [backup.id]: run_id }));
      await client.invalidateQueries({ queryKey: ["backups"] });
      void message.success(t("verify.started"));
    },
    onError: (error) => void message.error(sentenceOf(error, w("failure.title"))),
  });
  const start = (backup: Backup) =>
    void modal.confirm({
      title: t("verify.title"),
      content: t("verify.text"),
      okText: t("verify"),
      cancelText: w("cancel"),
      // A refusal is told by the mutation; the question is over either way.
      onOk: () => verifying.mutateAsync(backup).catch(() => undefined),
    });
  return { start, runOf: (backup: Backup) => asked[backup.id] ?? backup.verify_run_id };
}

export function DrillButton({ backup, running, onStart }: { backup: Backup; running: boolean; onStart: (backup: Backup) => void }) {
  const t = useTexts(BACKUPS);
  const { can } = useSession();
  if (!can("backups:write") || !hasFile(backup)) return null;
  return (
    <Button size="small" icon={<SafetyCertificateOutlined />} disabled={running} onClick={() => onStart(backup)}>
      {backup.verified_level === "restore" ? t("verify.again") : t("verify")}
    </Button>
  );
}

/** How far a drill is; once it is over, what it found. `onEnd` is told once. */
export function DrillProgress({ runId, onEnd, compact = false }: { runId: string; onEnd?: () => void; compact?: boolean }) {
  const t = useTexts(BACKUPS);
  const { data } = useQuery({
    queryKey: ["runs", "one", runId],
    queryFn: () => ask(api.GET("/api/v1/group-ai/automation-runs/{run_id}", { params: { path: { run_id: runId } } })),
    refetchInterval: (query) => (query.state.data?.completed_at ? false : 1_000),
    // The order may still be on its way.
    retry: 30,
    retryDelay: 500,
  });
  const ended = !!data?.completed_at;
  useEffect(() => {
    if (ended) onEnd?.();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- told when it ends, not when the listener changes
  }, [ended]);
  const link = <Link to={`/runs/${runId}`} style={{ textDecoration: "underline" }}>{t("verify.run")}</Link>;
  if (data && ended) {
    const good = data.status === "success";
    if (compact) {
      return (
        <span role="status">
          {good ? t("verify.passed") : t("verify.failed")} {link}
        </span>
      );
    }
    return <Alert role="status" type={good ? "success" : "error"} showIcon title={good ? t("verify.passed") : t("verify.failed")} description={<span className="break">{data.result ?? data.error_message} {link}</span>} />;
  }
  return (
    <Space size={8} wrap>
      <Progress aria-label={t("verify.running")} percent={Math.round(data?.progress?.percent ?? 0)} status="active" size="small" style={{ width: compact ? 120 : 220 }} />
      <span role="status">
        {t("verify.running")} {data?.started_at ? <Elapsed since={data.started_at} /> : null} {link}
      </span>
    </Space>
  );
}
