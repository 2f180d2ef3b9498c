// Which past fires are to be run again; the server counts them while one chooses.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Checkbox, DatePicker, Modal, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useRef, useState } from "react";
import { api, done, newIdempotencyKey, type Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { exact } from "@/components/format";
import { WORDS } from "@/components/texts";
import type { Task } from "../definition";
import { DETAIL } from "../detailTexts";

const OVERLAPS = ["buffer_all", "allow_all", "buffer_one", "skip", "cancel_other", "terminate_other"] as const;

export function BackfillDialog({ task, onClose }: { task: Task; onClose: () => void }) {
  const t = useTexts(DETAIL);
  const w = useTexts(WORDS);
  const { language } = usePreferences();
  const client = useQueryClient();
  const key = useRef(newIdempotencyKey());
  const [[first, last], setRange] = useState<[Dayjs, Dayjs]>(() => [dayjs().subtract(1, "day").startOf("minute"), dayjs().startOf("minute")]);
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number]>("buffer_all");
  const [all, setAll] = useState(false);
  const body: Omit<Schema<"BackfillCreate">, "dry_run"> = { from: first.toISOString(), to: last.toISOString(), overlap, ignore_blackout: all };
  // This `dry_run` stands in the body, and answers as the real one does.
  const post = (dry: boolean) =>
    done(
      api.POST("/api/v1/group-ai/automation-tasks/{task_id}/backfills", {
        params: { path: { task_id: task.id }, header: dry ? {} : { "Idempotency-Key": key.current } },
        body: { ...body, dry_run: dry },
      }),
    );
  const plan = useQuery({ queryKey: ["dry-run", "backfill", task.id, body], queryFn: () => post(true), gcTime: 0, staleTime: Infinity, retry: false, refetchOnWindowFocus: false });
  const start = useMutation({
    mutationFn: () => post(false),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["tasks"] });
      onClose();
    },
  });
  const presets = [
    { label: t("back.day"), value: [dayjs().subtract(1, "day"), dayjs()] as [Dayjs, Dayjs] },
    { label: t("back.yesterday"), value: [dayjs().subtract(1, "day").startOf("day"), dayjs().startOf("day")] as [Dayjs, Dayjs] },
    { label: t("back.week"), value: [dayjs().subtract(7, "day"), dayjs()] as [Dayjs, Dayjs] },
  ];
  const told = plan.data;
  return (
    <Modal open title={t("back.title")} okText={t("back.start")} cancelText={w("cancel")} onCancel={onClose} onOk={() => start.mutate()} okButtonProps={{ disabled: !plan.isSuccess, loading: start.isPending }}>
      <div style={{ display: "grid", gap: 12 }}>
        <p style={{ margin: 0, color: "var(--ant-color-text-description)" }}>{t("back.lead")}</p>
        <div style={{ display: "grid", gap: 4 }}>
          <span>{t("back.range")}</span>
          <DatePicker.RangePicker
            aria-label={t("back.range")}
            showTime={{ format: "HH:mm" }}
            format="YYYY-MM-DD HH:mm"
            allowClear={false}
            presets={presets}
            value={[first, last]}
            disabledDate={(day) => day.isAfter(dayjs(), "day")}
            onChange={(range) => range?.[0] && range[1] && setRange([range[0], range[1].isAfter(dayjs()) ? dayjs() : range[1]])}
          />
        </div>
        <label style={{ display: "grid", gap: 4 }}>
          {t("run.overlap")}
          <Select value={overlap} onChange={setOverlap} options={OVERLAPS.map((value) => ({ value, label: t(`overlap.${value}`) }))} />
        </label>
        {task.blackout ? <Checkbox checked={all} onChange={(event) => setAll(event.target.checked)}>{t("back.blackout")}</Checkbox> : null}
        <div role="status" style={{ minHeight: 44 }}>
          {told && !plan.error ? (
            <strong>
              {t("back.plan", { count: told.fires, first: told.first ? exact(new Date(told.first), language) : "", last: told.last ? exact(new Date(told.last), language) : "" })}
            </strong>
          ) : null}
          {told && told.left_out > 0 ? <div>{t("back.left", { count: told.left_out })}</div> : null}
        </div>
        <Failure error={plan.error ?? start.error} />
      </div>
    </Modal>
  );
}
