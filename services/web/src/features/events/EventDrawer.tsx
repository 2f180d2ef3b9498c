// One event, whole: what it says, what led to it, and what one can make of it.
import { useQueries, useQuery } from "@tanstack/react-query";
import { Alert, Button, Descriptions, Drawer, Segmented, Skeleton, Space } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { bytes } from "@/components/format";
import { Failure } from "@/components/Failure";
import { Json } from "@/components/Json";
import { When } from "@/components/Time";
import { clauseFor, writeCondition } from "@/features/trigger-editor/condition";
import { PayloadTree } from "@/features/trigger-editor/PayloadTree";
import type { Draft } from "./PublishDialog";
import { EVENTS } from "./texts";
import type { StoredEvent } from "./useTail";

export function EventDrawer({ sequence, onClose, onAgain }: { sequence: string; onClose: () => void; onAgain: (draft: Draft) => void }) {
  const t = useTexts(EVENTS);
  const query = useQuery({
    queryKey: ["events", "one", sequence],
    queryFn: () => ask(api.GET("/api/v1/group-ai/events/{sequence}", { params: { path: { sequence } } })),
    staleTime: Infinity,
  });
  const gone = query.error instanceof ApiProblem && query.error.status === 404;
  return (
    <Drawer open onClose={onClose} size={640} title={<span className="mono break">{query.data?.subject ?? t("detail.title")}</span>}>
      {query.data ? <Detail event={query.data} onAgain={onAgain} /> : gone ? <Alert type="info" showIcon title={t("detail.gone")} /> : query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />}
    </Drawer>
  );
}

function Detail({ event, onAgain }: { event: StoredEvent; onAgain: (draft: Draft) => void }) {
  const t = useTexts(EVENTS);
  const { language } = usePreferences();
  const { can } = useSession();
  const navigate = useNavigate();
  const [view, setView] = useState<"tree" | "json">("tree");
  const makeTask = (condition: string) =>
    void navigate("/tasks/new", {
      state: { prefill: { name: t("task.name", { type: event.type }), task_type: "triggered", schedule_config: null, trigger_config: { subject: event.subject, ...(condition ? { condition } : {}) } } },
    });
  const attributes = Object.entries(event.attributes);
  return (
    <div style={{ display: "grid", gap: 16 }}>
      <Space wrap>
        {can("tasks:write") ? <Button type="primary" onClick={() => makeTask("")}>{t("detail.trigger")}</Button> : null}
        {can("events:write") ? <Button onClick={() => onAgain({ source: event.source, type: event.type, data: event.data })}>{t("detail.again")}</Button> : null}
      </Space>
      <Descriptions
        size="small"
        column={1}
        items={[
          { key: "type", label: t("col.type"), children: <span className="mono break">{event.type}</span> },
          { key: "source", label: t("col.source"), children: <span className="mono break">{event.source}</span> },
          { key: "id", label: t("detail.id"), children: <span className="mono break">{event.id}</span> },
          { key: "time", label: t("detail.happened"), children: <When at={event.time} as="exact" /> },
          { key: "stored", label: t("detail.stored"), children: <When at={event.stored_at} as="exact" /> },
          { key: "sequence", label: t("detail.sequence"), children: <span className="tabular">{event.sequence}</span> },
          { key: "size", label: t("detail.size"), children: bytes(event.data_bytes, language) },
          ...(event.causes.length > 0 ? [{ key: "causes", label: t("detail.causes"), children: <Causes ids={event.causes} /> }] : []),
          ...(attributes.length > 0 ? [{ key: "attributes", label: t("detail.attributes"), children: <span className="mono break">{attributes.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ")}</span> }] : []),
        ]}
      />
      <section>
        <div style={{ display: "flex", gap: 12, alignItems: "center", marginBlockEnd: 8 }}>
          <h3 style={{ margin: 0, fontSize: 15, flex: 1 }}>{t("detail.data")}</h3>
          <Segmented aria-label={t("detail.data")} size="small" value={view} onChange={setView} options={[{ value: "tree", label: t("detail.tree") }, { value: "json", label: t("detail.json") }]} />
        </div>
        {view === "json" ? <Json value={event.data} maxHeight={480} /> : (
          <>
            {can("tasks:write") ? <p style={{ margin: "0 0 8px", color: "var(--ant-color-text-description)" }}>{t("detail.fields")}</p> : null}
            <PayloadTree data={event.data} {...(can("tasks:write") ? { onPick: (field: string, value: unknown) => makeTask(writeCondition([[clauseFor(field, value)]])) } : {})} />
          </>
        )}
      </section>
    </div>
  );
}

/** The tasks whose runs led to the event, by name. */
function Causes({ ids }: { ids: string[] }) {
  const tasks = useQueries({
    queries: ids.slice(0, 8).map((id) => ({
      queryKey: ["tasks", "one", id, "name"],
      queryFn: () => ask(api.GET("/api/v1/group-ai/automation-tasks/{task_id}", { params: { path: { task_id: id } } })),
      retry: false,
    })),
  });
  return (
    <Space wrap>
      {ids.slice(0, 8).map((id, index) => (
        <Link key={id} to={`/tasks/${id}`} className="break">{tasks[index]?.data?.name ?? id}</Link>
      ))}
    </Space>
  );
}
