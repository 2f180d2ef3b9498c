// What narrows the list of accounts: states as chips with their counts, everything else as choices that exist.
import { FilterOutlined } from "@ant-design/icons";
import { Button, Grid, Select } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { SearchBox } from "@/components/SearchBox";
import { WORDS } from "@/components/texts";
import type { Counts, Filter } from "./api";
import { AccountState, type StateName } from "./marks";
import { ACCOUNTS, STATES } from "./texts";

interface Props {
  filter: Filter;
  counts: Counts | undefined;
  onChange: (changes: Partial<Filter>) => void;
}

const ORDER: StateName[] = ["working", "starting", "needs_login", "stopping", "failed", "quarantined", "stopped", "unknown"];

export function Filters({ filter, counts, onChange }: Props) {
  const t = useTexts(ACCOUNTS);
  const wide = Grid.useBreakpoint().lg ?? true;
  const [open, setOpen] = useState(false);
  const set = ["desired", "server", "group", "tag", "script", "active", "held"].filter((name) => filter[name as keyof Filter] !== "").length;
  return (
    <div style={{ display: "grid", gap: 10, marginBlockEnd: 12 }}>
      <StateChips filter={filter} counts={counts} onChange={onChange} />
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
        <SearchBox value={filter.q} onChange={(q) => onChange({ q })} label={t("list.search")} width={220} />
        {wide ? null : (
          <Button icon={<FilterOutlined />} aria-expanded={open} onClick={() => setOpen(!open)}>
            {t("filter.more")}{set ? ` (${set})` : ""}
          </Button>
        )}
        {wide || open ? <Choices filter={filter} counts={counts} onChange={onChange} /> : null}
        {set || filter.q || filter.state ? (
          <Button type="link" onClick={() => onChange({ q: "", state: "", desired: "", server: "", group: "", tag: "", script: "", active: "", held: "" })}>
            {t("list.clear")}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function StateChips({ filter, counts, onChange }: Props) {
  const t = useTexts(ACCOUNTS);
  const words = useTexts(WORDS);
  const states = useTexts(STATES);
  const of = new Map(counts?.state.map((each) => [each.value, each.accounts]));
  const all = [...of.values()].reduce((sum, each) => sum + each, 0);
  const shown = ORDER.filter((name) => (of.get(name) ?? 0) > 0 || filter.state === name);
  return (
    <div role="group" aria-label={t("filter.state")} style={{ display: "flex", flexWrap: "wrap", gap: 6 }}>
      <Button size="small" type={filter.state ? "default" : "primary"} aria-pressed={!filter.state} onClick={() => onChange({ state: "" })}>
        {words("all")} <span className="tabular">{all}</span>
      </Button>
      {shown.map((name) => {
        const chosen = filter.state === name;
        return (
          <Button
            key={name}
            size="small"
            type={chosen ? "primary" : "default"}
            {...(chosen ? {} : { ghost: false })}
            aria-pressed={chosen}
            aria-label={`${states(name)} ${of.get(name) ?? 0}`}
            onClick={() => onChange({ state: chosen ? "" : name })}
            style={{ paddingInline: 6 }}
          >
            <AccountState name={name} /> <span className="tabular">{of.get(name) ?? 0}</span>
          </Button>
        );
      })}
    </div>
  );
}

function Choices({ filter, counts, onChange }: Props) {
  const t = useTexts(ACCOUNTS);
  const words = useTexts(WORDS);
  const facet = (name: "server" | "group" | "tag" | "script") => (
    <Select
      key={name}
      allowClear
      showSearch
      placeholder={t(`filter.${name}`)}
      aria-label={t(`filter.${name}`)}
      value={filter[name] || null}
      style={{ minWidth: 130 }}
      popupMatchSelectWidth={false}
      options={(counts?.[name] ?? []).map((each) => ({ value: each.value, label: `${each.value} (${each.accounts})` }))}
      onChange={(value) => onChange({ [name]: value ?? "" })}
    />
  );
  const either = (name: "active" | "held") => (
    <Select
      key={name}
      allowClear
      placeholder={t(`filter.${name}`)}
      aria-label={t(`filter.${name}`)}
      value={filter[name] || null}
      style={{ minWidth: 130 }}
      popupMatchSelectWidth={false}
      options={["true", "false"].map((value) => ({ value, label: `${t(`filter.${name}`)}: ${words(value === "true" ? "yes" : "no")}` }))}
      onChange={(value) => onChange({ [name]: value ?? "" })}
    />
  );
  return (
    <>
      <Select
        allowClear
        placeholder={t("filter.desired")}
        aria-label={t("filter.desired")}
        value={filter.desired || null}
        style={{ minWidth: 110 }}
        popupMatchSelectWidth={false}
        options={(["running", "stopped"] as const).map((value) => ({ value, label: `${t("filter.desired")}: ${t(`want.${value}`)}` }))}
        onChange={(value) => onChange({ desired: value ?? "" })}
      />
      {(["server", "group", "tag", "script"] as const).map(facet)}
      {(["active", "held"] as const).map(either)}
    </>
  );
}
