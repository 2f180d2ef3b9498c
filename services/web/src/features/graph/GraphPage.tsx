// The whole dependency graph, live: drawn on wide screens, as a list for narrow ones and for screen readers. What is looked
// at (search, focus, range, the open task or edge) is in the address.
import { ApartmentOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Grid, Segmented, Select, Skeleton, Space } from "antd";
import { lazy, Suspense } from "react";
import { api, ask } from "@/api/client";
import { live } from "@/api/queries";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { LinkButton } from "@/components/LinkButton";
import { Page } from "@/components/Page";
import { SearchBox } from "@/components/SearchBox";
import { useUrlState } from "@/components/urlState";
import { Details } from "./Details";
import type { Whole } from "./graph";
import { GraphList } from "./GraphList";
import { GRAPH } from "./texts";

const Canvas = lazy(() => import("./Canvas"));

const NO_CHOICE = { q: "", focus: "", depth: "50", view: "", open: "" };
const DEPTHS = [1, 2, 3, 50];

export function Component() {
  const t = useTexts(GRAPH);
  const { language } = usePreferences();
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [{ q, focus, depth, view, open }, setUrl] = useUrlState(NO_CHOICE);
  const query = useQuery({
    queryKey: ["graph", { q, focus, depth }, language],
    queryFn: () =>
      ask(api.GET("/api/v1/group-ai/graph", { params: { query: { q, focus, depth: DEPTHS.includes(Number(depth)) ? Number(depth) : 50 } } })),
    ...live,
  });
  const graph = query.data;
  const shown = view || (wide ? "canvas" : "list");
  const narrowed = q !== "" || focus !== "";
  const showAll = () => setUrl({ q: "", focus: "", depth: "50", open: "" });
  return (
    <Page title={t("title")} lead={graph ? <Lead graph={graph} focus={focus} /> : <span>&nbsp;</span>}>
      <Space wrap style={{ marginBlockEnd: 12 }}>
        <SearchBox value={q} onChange={(text) => setUrl({ q: text, focus: "", open: "" }, { replace: true })} label={t("search")} />
        {narrowed ? (
          <>
            <Select
              aria-label={t("depth")}
              value={depth}
              onChange={(chosen: string) => setUrl({ depth: chosen })}
              options={DEPTHS.map((each) => ({ value: String(each), label: each === 50 ? t("depth.all") : t("depth.n", { count: each }) }))}
              style={{ minWidth: 140 }}
            />
            <Button onClick={showAll}>{t("showAll")}</Button>
          </>
        ) : null}
        <Segmented
          aria-label={t("view")}
          value={shown}
          onChange={(chosen) => setUrl({ view: String(chosen) }, { replace: true })}
          options={[{ value: "canvas", label: t("view.canvas") }, { value: "list", label: t("view.list") }]}
        />
      </Space>
      <Failure error={query.error} retry={() => void query.refetch()} />
      {graph?.truncated ? <Alert type="warning" showIcon title={t("truncated")} style={{ marginBlockEnd: 12 }} /> : null}
      {!graph && query.isPending ? <Skeleton active paragraph={{ rows: 10 }} /> : null}
      {graph && graph.nodes.length === 0 ? <Nothing text={q} onShowAll={showAll} /> : null}
      {graph && graph.nodes.length > 0 ? (
        <>
          {shown === "canvas" ? (
            <Suspense fallback={<Skeleton active paragraph={{ rows: 10 }} />}>
              <Canvas graph={graph} open={open} onOpen={(id) => setUrl({ open: id }, { replace: true })} onFocus={(id) => setUrl({ focus: id, q: "", open: "" })} />
            </Suspense>
          ) : (
            <GraphList graph={graph} onFocus={(id) => setUrl({ focus: id, q: "", open: "" })} />
          )}
          <Details graph={graph} open={open} onClose={() => setUrl({ open: "" }, { replace: true })} onOpen={(id) => setUrl({ open: id }, { replace: true })} onFocus={(id) => setUrl({ focus: id, q: "", open: "" })} />
        </>
      ) : null}
    </Page>
  );
}

function Lead({ graph, focus }: { graph: Whole; focus: string }) {
  const t = useTexts(GRAPH);
  const name = graph.nodes.find((node) => node.id === focus)?.name;
  if (focus && name) return <>{t("lead.part", { name, shown: graph.nodes.length })}</>;
  return <>{t("lead", { shown: graph.nodes.length, all: graph.tasks })}</>;
}

function Nothing({ text, onShowAll }: { text: string; onShowAll: () => void }) {
  const t = useTexts(GRAPH);
  if (text) {
    return <EmptyState icon={<ApartmentOutlined />} title={t("empty.found", { text })} text={t("empty.found.text")} actions={<Button type="primary" onClick={onShowAll}>{t("showAll")}</Button>} />;
  }
  return (
    <EmptyState
      icon={<ApartmentOutlined />}
      title={t("empty.title")}
      text={t("empty.text")}
      actions={<LinkButton to="/tasks" type="primary">{t("empty.go")}</LinkButton>}
      command={'curl -X PUT …/automation-tasks/<id> -d \'{"depends_on": {"tasks": ["<id>"], "rule": "all_success"}}\''}
    />
  );
}
