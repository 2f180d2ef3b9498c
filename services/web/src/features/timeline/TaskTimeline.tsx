// The axis of one task, for its own page: the last day and what is to come.
import { Card, Skeleton } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { useNow } from "@/components/now";
import { Axis } from "./Axis";
import { Legend } from "./Legend";
import { around, type Span, steady } from "./scale";
import { TIMELINE } from "./texts";
import { useTimeline } from "./useTimeline";

export function TaskTimeline({ taskId, hours = 24 }: { taskId: string; hours?: number }) {
  const t = useTexts(TIMELINE);
  const now = useNow().getTime();
  const asked = steady(around(now, hours));
  const span = useMemo<Span>(() => ({ from: asked.from, to: asked.to }), [asked.from, asked.to]);
  const timeline = useTimeline(span, { task_id: taskId, limit: 1 });
  return (
    <Card size="small" title={t("title")} extra={<Link to={`/timeline?task_id=${taskId}`}>{t("span.label")}</Link>}>
      {timeline.error ? <Failure error={timeline.error} retry={() => void timeline.refetch()} /> : null}
      {timeline.data ? <Axis tasks={timeline.data.tasks} span={span} now={now} ticks={8} names={false} /> : <Skeleton active paragraph={{ rows: 1 }} title={false} />}
      <div style={{ marginBlockStart: 8 }}><Legend /></div>
    </Card>
  );
}
