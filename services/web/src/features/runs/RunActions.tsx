// What one can do with a run: cancel it while it lives, run it again afterwards, copy what names it.
import { CopyOutlined, DownOutlined, RedoOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown, Input, Modal, Space, Tooltip } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, ask, BASE, newIdempotencyKey } from "@/api/client";
import { useSession } from "@/app/session";
import { useShortcut } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { useCopy } from "@/components/Command";
import { Failure, sentenceOf } from "@/components/Failure";
import { RUN_STATES, runState } from "@/components/RunState";
import { WORDS } from "@/components/texts";
import { isLive } from "./query";
import { RunAgain } from "./RunAgain";
import type { Run } from "./RunPage";
import { RUN } from "./run-texts";

export function RunActions({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const { can } = useSession();
  const [open, setOpen] = useState<"cancel" | "again" | null>(null);
  const retry = useRetry(run.run_id);
  const live = isLive(run.status);
  const may = can("tasks:run");
  useShortcut("r", t("retry"), () => retry.mutate(null), { enabled: may && !live && !!run.task_name });
  return (
    <Space wrap>
      {live ? (
        <Tooltip title={may ? undefined : t("no-right")}>
          <Button danger icon={<StopOutlined />} disabled={!may || !!run.cancel_requested_at} onClick={() => setOpen("cancel")}>{t("cancel")}</Button>
        </Tooltip>
      ) : null}
      <Tooltip title={!may ? t("no-right") : live ? t("retry.live") : undefined}>
        <Space.Compact>
          <Button type="primary" icon={<RedoOutlined />} disabled={!may || live || !run.task_name} loading={retry.isPending} onClick={() => retry.mutate(null)}>{t("retry")}</Button>
          <Dropdown trigger={["click"]} disabled={!may || live || !run.task_name} menu={{ items: [{ key: "again", label: t("retry.changed") }], onClick: () => setOpen("again") }}>
            <Button type="primary" icon={<DownOutlined />} disabled={!may || live || !run.task_name} aria-label={t("retry.changed")} />
          </Dropdown>
        </Space.Compact>
      </Tooltip>
      <CopyMenu run={run} />
      {open === "cancel" ? <CancelDialog run={run} onClose={() => setOpen(null)} /> : null}
      {open === "again" ? <RunAgain run={run} onClose={() => setOpen(null)} /> : null}
    </Space>
  );
}

/** Run again what ended, with other parameters if given; leads to the new run. */
export function useRetry(runId: string) {
  const t = useTexts(RUN);
  const w = useTexts(WORDS);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (params: Record<string, unknown> | null) =>
      ask(
        api.POST("/api/v1/group-ai/automation-runs/{run_id}/retry", {
          params: { path: { run_id: runId }, header: { "Idempotency-Key": newIdempotencyKey() } },
          body: { params },
        }),
      ),
    onSuccess: (started) => {
      void message.success(t("retry.started"));
      void client.invalidateQueries({ queryKey: ["runs"] });
      if ("run_id" in started) void navigate(`/runs/${started.run_id}`);
    },
    onError: (error) => void message.error(sentenceOf(error, w("failure.away"))),
  });
}

function CancelDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const t = useTexts(RUN);
  const states = useTexts(RUN_STATES);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const cancel = useMutation({
    mutationFn: () =>
      ask(api.POST("/api/v1/group-ai/automation-runs/{run_id}/cancel", { params: { path: { run_id: run.run_id } }, body: { reason: reason.trim() || null, wait_seconds: 5 } })),
    onSuccess: ({ state, status }) => {
      if (state === "cancelled") void message.success(t("cancel.done"));
      else if (state === "cancelling") void message.info(t("cancel.stopping"), 6);
      else void message.warning(t("cancel.ended", { state: states(runState(status)) }), 6);
      void client.invalidateQueries({ queryKey: ["runs"] });
      onClose();
    },
  });
  return (
    <Modal open title={t("cancel.title")} okText={t("cancel")} okButtonProps={{ danger: true, loading: cancel.isPending }} cancelText={t("cancel.keep")} onOk={() => cancel.mutate()} onCancel={onClose}>
      <p>{run.status === "waiting" ? t("cancel.waiting") : t("cancel.live")}</p>
      <label>
        {t("cancel.reason")}
        <Input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </label>
      <Failure error={cancel.error} />
    </Modal>
  );
}

function CopyMenu({ run }: { run: Run }) {
  const t = useTexts(RUN);
  const copy = useCopy();
  const url = `${window.location.origin}${BASE}/automation-runs/${run.run_id}`;
  const header = '-H "Authorization: Bearer $AUTOMATION_TOKEN"';
  const texts: Record<string, string> = {
    link: `${window.location.origin}/runs/${run.run_id}`,
    id: run.run_id,
    curl: `curl -s ${header} ${url}`,
    "curl.retry": `curl -s -X POST ${header} ${url}/retry`,
    cli: `automation run logs ${run.run_id}`,
  };
  const items = (["link", "id", "curl", "curl.retry", "cli"] as const).map((key) => ({ key, label: t(`copy.${key}`) }));
  return (
    <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => void copy(texts[key] ?? "", t("copied")) }}>
      <Button icon={<CopyOutlined />}>{t("copy")}</Button>
    </Dropdown>
  );
}
