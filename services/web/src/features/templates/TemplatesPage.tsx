// The gallery: templates by category, searched by what they say in either language.
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Input, Segmented, Skeleton, Tag } from "antd";
import { Link, useNavigate } from "react-router";
import { api, ask, type Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { Page } from "@/components/Page";
import { useUrlState } from "@/components/urlState";
import { ActionIcon } from "@/features/action-form/icons";
import { curl } from "@/features/events/curl";
import { TEMPLATES } from "./texts";

type Template = Schema<"TaskTemplate">;

const CATEGORIES = ["accounts", "scripts", "alerts", "backups", "checks", "events", "upkeep", "reminders"] as const;
/** More than there will ever be; they come with the package. */
const MOST = 500;

export function Component() {
  const t = useTexts(TEMPLATES);
  const { language } = usePreferences();
  const { can } = useSession();
  const navigate = useNavigate();
  const [state, setState] = useUrlState({ q: "", category: "all" });
  const query = useQuery({
    queryKey: ["templates", language],
    queryFn: () => ask(api.GET("/api/v1/group-ai/task-templates", { params: { query: { limit: MOST } } })),
    staleTime: 5 * 60_000,
  });
  const all = query.data?.items ?? [];
  const found = all.filter((each) => matches(each, state.q, state.category));
  const blank = can("tasks:write") ? <Button onClick={() => void navigate("/tasks/new")}>{t("blank")}</Button> : null;
  return (
    <Page title={t("title")} lead={t("lead")} actions={blank}>
      <div role="search" style={{ display: "grid", gap: 12, marginBlockEnd: 16 }}>
        <Input.Search
          aria-label={t("search")}
          placeholder={t("search")}
          allowClear
          value={state.q}
          onChange={(event) => setState({ q: event.target.value }, { replace: true })}
          style={{ maxWidth: 480 }}
        />
        <div style={{ overflowX: "auto" }}>
          <Segmented
            aria-label={t("category")}
            value={state.category}
            onChange={(category) => setState({ category })}
            options={["all" as const, ...CATEGORIES].map((each) => ({ value: each, label: t(`category.${each}`) }))}
          />
        </div>
        <div role="status" style={{ color: "var(--ant-color-text-description)" }}>{query.data ? t("count", { count: found.length }) : ""}</div>
      </div>
      {query.isPending ? <Skeleton active paragraph={{ rows: 8 }} /> : null}
      <Failure error={query.error} retry={() => void query.refetch()} />
      {query.data && found.length === 0 ? (
        <EmptyState
          title={t("none.title")}
          text={t("none.text")}
          actions={<><Button onClick={() => setState({ q: "", category: "all" })}>{t("none.clear")}</Button>{blank}</>}
          command={curl("/task-templates")}
        />
      ) : null}
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 300px), 1fr))" }}>
        {found.map((each) => (
          <li key={each.id}>
            <TemplateCard template={each} />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function TemplateCard({ template }: { template: Template }) {
  const t = useTexts(TEMPLATES);
  return (
    <Card style={{ height: "100%" }} styles={{ body: { height: "100%", display: "flex", flexDirection: "column", gap: 8 } }}>
      <div style={{ display: "flex", gap: 12 }}>
        <span style={{ fontSize: 22, color: "var(--ant-color-primary)" }}><ActionIcon name={template.task_action} /></span>
        <h2 style={{ margin: 0, fontSize: 16, flex: 1, minWidth: 0 }} className="break">
          <Link to={`/templates/${template.id}`}>{template.title}</Link>
        </h2>
      </div>
      <p className="break" style={{ margin: 0, flex: 1, color: "var(--ant-color-text-description)" }}>{template.description}</p>
      <div>
        <Tag>{t(`type.${template.task_type}`)}</Tag>
        <Tag className="mono">{template.task_action}</Tag>
      </div>
    </Card>
  );
}

function matches(template: Template, text: string, category: string): boolean {
  if (category !== "all" && template.category !== category) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = `${template.id} ${template.title} ${template.description} ${template.task_action}`.toLowerCase();
  return words.every((each) => said.includes(each));
}
