// One queue with all that is known of it.
import { Descriptions, Drawer, Space } from "antd";
import { Link } from "react-router";
import { useTexts } from "@/app/texts";
import { When } from "@/components/Time";
import { QueueActions } from "./QueueActions";
import type { Queue } from "./queueApi";
import { Busy, Held, Limits, Oldest, QueueState } from "./QueueParts";
import { QUEUES } from "./texts";

export function QueueDrawer({ queue, onClose }: { queue: Queue | undefined; onClose: () => void }) {
  const t = useTexts(QUEUES);
  return (
    <Drawer open={!!queue} onClose={onClose} size={460} title={queue?.name} destroyOnHidden>
      {queue ? (
        <Space orientation="vertical" size={16} style={{ width: "100%" }}>
          {queue.description ? <div className="break">{queue.description}</div> : null}
          <QueueActions queue={queue} size="middle" />
          <Descriptions
            column={1}
            size="small"
            bordered
            styles={{ label: { width: 112 } }}
            items={[
              { key: "state", label: t("state"), children: <QueueState queue={queue} /> },
              { key: "waiting", label: t("waiting"), children: <><span className="tabular">{queue.waiting}</span>{queue.retrying ? <div className="queue-quiet">{t("detail.retrying", { count: queue.retrying })}</div> : null}</> },
              { key: "oldest", label: t("oldest"), children: <Oldest queue={queue} /> },
              ...(queue.waiting > 0 ? [{ key: "held", label: t("detail.held"), children: <Held queue={queue} /> }] : []),
              { key: "running", label: t("running"), children: <Busy queue={queue} /> },
              { key: "rate", label: t("rate"), children: t("rate.value", { count: queue.started_per_minute }) },
              { key: "executors", label: t("executors"), children: <Link to={`/executors?queue=${queue.name}`}>{t("executors.value", { count: queue.executors, slots: queue.slots })}</Link> },
              { key: "limits", label: t("limits"), children: <Limits queue={queue} /> },
            ]}
          />
          <Space orientation="vertical" size={4}>
            <Link to={`/runs?queue=${queue.name}&status=waiting`}>{t("see")}</Link>
            <Link to={`/runs?queue=${queue.name}&status=running`}>{t("see.running")}</Link>
            <Link to={`/tasks?q=${encodeURIComponent(`queue:${queue.name}`)}`}>{t("see.tasks", { count: queue.tasks })}</Link>
          </Space>
          {queue.updated_by ? <div className="queue-quiet">{t("detail.changed", { name: queue.updated_by })} <When at={queue.updated_at} /></div> : null}
        </Space>
      ) : null}
    </Drawer>
  );
}
