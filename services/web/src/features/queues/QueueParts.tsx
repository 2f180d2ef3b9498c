// Parts of a queue as table, card and drawer show them.
import { CheckCircleOutlined, DisconnectOutlined, PauseCircleFilled } from "@ant-design/icons";
import { Progress, Tag } from "antd";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration } from "@/components/format";
import { Duration, When } from "@/components/Time";
import type { Queue } from "./queueApi";
import { QUEUES } from "./texts";

/** Seconds after which what waits longest is worth a look. */
const LONG = 60;

export function QueueState({ queue }: { queue: Queue }) {
  const t = useTexts(QUEUES);
  if (queue.state === "no_executor") return <Tag icon={<DisconnectOutlined />} color="error">{t("state.no_executor")}</Tag>;
  if (queue.state === "ready") return <Tag icon={<CheckCircleOutlined />} color="success">{t("state.ready")}</Tag>;
  return (
    <span>
      <Tag icon={<PauseCircleFilled />} color="warning">{t("state.paused")}</Tag>
      {queue.pause ? (
        <span className="queue-quiet queue-note">
          {queue.pause.reason ? <span className="break">{queue.pause.reason} · </span> : null}
          {queue.pause.paused_by ? `${t("state.by", { name: queue.pause.paused_by })} · ` : null}
          {queue.pause.until ? <>{t("state.until")}<When at={queue.pause.until} /></> : t("state.forever")}
        </span>
      ) : null}
    </span>
  );
}

export function Oldest({ queue }: { queue: Queue }) {
  const seconds = queue.oldest_waiting_seconds;
  const long = seconds !== null && seconds >= LONG;
  return <span style={long ? { color: "var(--ant-color-error-text)", fontWeight: 600 } : {}}><Duration seconds={seconds} /></span>;
}

/** What is in hand, against the limit that holds now. */
export function Busy({ queue }: { queue: Queue }) {
  const limit = queue.override ? queue.override.concurrency : queue.concurrency;
  const most = limit ?? queue.slots;
  return (
    <span style={{ display: "inline-flex", gap: 8, alignItems: "center", minWidth: 120 }}>
      <span className="tabular">{queue.running}{limit === null ? "" : ` / ${limit}`}</span>
      {most > 0 ? <Progress percent={Math.min(100, (queue.running / most) * 100)} showInfo={false} size="small" style={{ width: 64, margin: 0 }} aria-hidden /> : null}
    </span>
  );
}

export function Limits({ queue }: { queue: Queue }) {
  const t = useTexts(QUEUES);
  const { language } = usePreferences();
  const { override, concurrency, rate_limit: rate, max_depth: depth } = queue;
  const own = [
    concurrency === null ? null : t("limit.concurrency", { count: concurrency }),
    rate ? t("limit.rate", { count: rate.limit, period: duration(rate.period_seconds, language) }) : null,
    depth === null ? null : t("limit.depth", { count: depth }),
  ].filter((each) => each !== null);
  return (
    <span>
      {own.length > 0 ? own.join(" · ") : override ? null : <span className="queue-quiet">{t("limit.none")}</span>}
      {override ? (
        <div>
          <Tag color="processing" style={{ marginInlineEnd: 4 }}>{override.concurrency === null ? t("limit.override.none") : t("limit.override", { count: override.concurrency })}</Tag>
          <span className="queue-quiet"><When at={override.until} /></span>
        </div>
      ) : null}
    </span>
  );
}

/** Why runs of a queue wait, with how many. */
export function Held({ queue }: { queue: Queue }) {
  const t = useTexts(QUEUES);
  const name = (why: string) => (`held.${why}` in QUEUES ? t(`held.${why}` as keyof typeof QUEUES) : why);
  const held = Object.values(queue.held).reduce((sum, count) => sum + count, 0);
  return (
    <ul style={{ margin: 0, paddingInlineStart: 18 }}>
      {Object.entries(queue.held).map(([why, count]) => (
        <li key={why} className="tabular">{name(why)}: {count}</li>
      ))}
      {queue.waiting > held ? <li className="tabular">{t("detail.free", { count: queue.waiting - held })}</li> : null}
    </ul>
  );
}
