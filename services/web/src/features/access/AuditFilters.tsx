// Which entries are looked at; all of it stands in the address.
import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Input, Select, Space, Tag } from "antd";
import dayjs from "dayjs";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { DONE, KINDS, AUDIT } from "./texts-audit";
import { type Filters, isFiltered, NOTHING, SPANS } from "./auditQuery";

export function AuditFilters({ filters, onChange }: { filters: Filters; onChange: (changes: Partial<Filters>) => void }) {
  const t = useTexts(AUDIT);
  const naming = useDeedNames();
  const words = useQuery({ queryKey: ["audit", "words"], queryFn: () => ask(api.GET("/api/v1/group-ai/audit/words")), staleTime: 60_000 });
  const width = { width: 200, maxWidth: "100%" };
  return (
    <Space wrap size={8} style={{ marginBlockEnd: 12 }}>
      <Select
        aria-label={t("filter.actor")}
        value={filters.actor}
        onChange={(actor) => onChange({ actor })}
        showSearch={{ optionFilterProp: "label" }}
        style={width}
        options={withChosen([{ value: "", label: t("filter.actor.any") }, ...(words.data?.actors ?? []).map(same)], filters.actor)}
      />
      <Select
        aria-label={t("filter.verb")}
        value={filters.verb}
        onChange={(verb) => onChange({ verb })}
        showSearch={{ optionFilterProp: "search" }}
        style={width}
        options={[{ value: "", label: t("filter.verb.any"), search: "" }, ...verbOptions(words.data?.verbs ?? [], naming, (thing) => t("filter.verb.all", { thing }))]}
      />
      <Select
        aria-label={t("filter.kind")}
        value={filters.subject_kind}
        onChange={(subject_kind) => onChange({ subject_kind })}
        showSearch={{ optionFilterProp: "label" }}
        style={width}
        options={withChosen([{ value: "", label: t("filter.kind.any") }, ...(words.data?.subject_kinds ?? []).map((kind) => ({ value: kind, label: naming.kind(kind) }))], filters.subject_kind)}
      />
      <Input.Search
        key={filters.subject_id}
        aria-label={t("filter.subject")}
        placeholder={t("filter.subject")}
        defaultValue={filters.subject_id}
        allowClear
        maxLength={300}
        onSearch={(found) => onChange({ subject_id: found.trim() })}
        style={{ width: 290, maxWidth: "100%" }}
      />
      <Select
        aria-label={t("filter.time")}
        value={filters.from || filters.to ? "own" : filters.span}
        onChange={(span) => onChange(span === "own" ? { span: "", from: dayjs().startOf("day").toISOString(), to: "" } : { span, from: "", to: "" })}
        style={{ width: 150 }}
        options={[{ value: "", label: t("time.any") }, ...SPANS.map((span) => ({ value: span, label: t(`time.${span}`) })), { value: "own", label: t("time.own") }]}
      />
      {filters.from || filters.to ? (
        <Space wrap size={8}>
          <DatePicker aria-label={t("filter.from")} placeholder={t("filter.from")} showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" value={filters.from ? dayjs(filters.from) : null} onChange={(at) => onChange({ from: at?.toISOString() ?? "" })} />
          <DatePicker aria-label={t("filter.to")} placeholder={t("filter.to")} showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" value={filters.to ? dayjs(filters.to) : null} onChange={(at) => onChange({ to: at?.toISOString() ?? "" })} />
        </Space>
      ) : null}
      {filters.request_id ? (
        <Tag closable className="mono" onClose={() => onChange({ request_id: "" })}>
          {t("filter.request", { id: filters.request_id })}
        </Tag>
      ) : null}
      {filters.token_id ? (
        <Tag closable className="mono" onClose={() => onChange({ token_id: "" })}>
          {t("filter.token", { id: filters.token_id })}
        </Tag>
      ) : null}
      {isFiltered(filters) ? (
        <Button type="link" size="small" onClick={() => onChange(NOTHING)}>
          {t("filter.clear")}
        </Button>
      ) : null}
    </Space>
  );
}

/** How deeds and things are called; what has no name here keeps the API's. */
export function useDeedNames() {
  const kind = useTexts(KINDS);
  const done = useTexts(DONE);
  return {
    kind: (name: string) => (name in KINDS ? kind(name as keyof typeof KINDS) : name),
    done: (name: string) => (name in DONE ? done(name as keyof typeof DONE) : name),
    verb(verb: string): string {
      const [about = verb, what = ""] = verb.split(".");
      return what ? `${this.kind(about)} · ${this.done(what)}` : verb;
    },
  };
}

const same = (word: string) => ({ value: word, label: word });

/** What the address names is shown even if no entry has it yet. */
function withChosen(options: { value: string; label: string }[], chosen: string) {
  return options.some((each) => each.value === chosen) ? options : [...options, same(chosen)];
}

function verbOptions(verbs: readonly string[], naming: ReturnType<typeof useDeedNames>, all: (thing: string) => string) {
  const things = [...new Set(verbs.map((verb) => verb.split(".")[0] ?? verb))];
  return things.map((thing) => ({
    label: naming.kind(thing),
    title: thing,
    options: [
      { value: `${thing}.`, label: all(naming.kind(thing)), search: `${thing} ${naming.kind(thing)}` },
      ...verbs.filter((verb) => verb.startsWith(`${thing}.`)).map((verb) => ({ value: verb, label: naming.verb(verb), search: `${verb} ${naming.verb(verb)}` })),
    ],
  }));
}
