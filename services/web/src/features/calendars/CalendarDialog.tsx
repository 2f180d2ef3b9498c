// Writes a calendar, with its next blackouts as the server would reckon them before it is saved.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Drawer, Button, Form, Input, Select, Space } from "antd";
import { useMemo, useState } from "react";
import { api, ask, newIdempotencyKey, rehearsed } from "@/api/client";
import { ApiProblem, problemsAt } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { useSettled } from "@/components/settled";
import { browserZone, zoneNames } from "@/components/zones";
import { bodyOf, type Calendar, type Contents, contentsOf, isEmpty } from "./contents";
import { DateRanges, Holidays, Windows } from "./Parts";
import { Times } from "./Times";
import { CALENDARS } from "./texts";

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

export function CalendarDialog({ calendar, others, onClose }: { calendar: Calendar | null; others: Calendar[]; onClose: () => void }) {
  const t = useTexts(CALENDARS);
  const words = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [name, setName] = useState(calendar?.name ?? "");
  const [contents, setContents] = useState<Contents>(() => contentsOf(calendar, browserZone));
  const set = (changes: Partial<Contents>) => setContents((before) => ({ ...before, ...changes }));
  const zones = useMemo(() => zoneNames().map((value) => ({ value })), []);
  const empty = isEmpty(contents);
  const body = useSettled(JSON.stringify(bodyOf(contents)));
  const target = NAME.test(name) ? name : "preview";
  const plan = useQuery({
    queryKey: ["calendars", "plan", target, body],
    queryFn: () => rehearsed(api.PUT("/api/v1/group-ai/calendars/{name}", { params: { path: { name: target }, query: { dry_run: "true" } }, body: JSON.parse(body) as never })),
    enabled: !empty,
    retry: false,
    refetchOnWindowFocus: false,
  });
  const save = useMutation({
    mutationFn: () => ask(api.PUT("/api/v1/group-ai/calendars/{name}", { params: { path: { name }, header: { "Idempotency-Key": newIdempotencyKey() } }, body: bodyOf(contents) as never })),
    onSuccess: async () => {
      void message.success(t("saved", { name }));
      await client.invalidateQueries({ queryKey: ["calendars"] });
      onClose();
    },
  });
  const problems = [save.error, plan.error].flatMap((error) => (error instanceof ApiProblem ? error.errors : []));
  const general = problems.filter((each) => !/^\/(holidays|dates|weekly|timezone|description)/.test(each.pointer));
  const taken = calendar === null && others.some((each) => each.name === name);
  const nameIsBad = name !== "" && !NAME.test(name);
  return (
    <Drawer
      open
      onClose={onClose}
      size={720}
      title={calendar ? t("edit", { name: calendar.name }) : t("create")}
      footer={
        <Space style={{ display: "flex", justifyContent: "flex-end" }}>
          <Button onClick={onClose}>{words("cancel")}</Button>
          <Button type="primary" disabled={!NAME.test(name) || empty} loading={save.isPending} onClick={() => save.mutate()}>{words("save")}</Button>
        </Space>
      }
    >
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 240px), 1fr))", columnGap: 16, rowGap: 8, marginBlockEnd: 16 }}>
        <Form.Item style={{ margin: 0 }} layout="vertical" label={t("name")} htmlFor="calendar-name" required validateStatus={nameIsBad ? "error" : taken ? "warning" : ""} help={taken ? t("name.taken") : t("name.help")}>
          <Input id="calendar-name" value={name} disabled={calendar !== null} maxLength={63} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        <Form.Item style={{ margin: 0 }} layout="vertical" label={t("zone")} htmlFor="calendar-zone" validateStatus={problemsAt(problems, "/timezone").length > 0 ? "error" : ""} help={problemsAt(problems, "/timezone")[0]?.detail}>
          <Select id="calendar-zone" showSearch value={contents.timezone} onChange={(timezone: string) => set({ timezone })} options={zones} />
        </Form.Item>
      </div>
      <Form.Item layout="vertical" label={t("description")} htmlFor="calendar-description">
        <Input id="calendar-description" value={contents.description} maxLength={500} onChange={(event) => set({ description: event.target.value })} />
      </Form.Item>
      <Holidays value={contents.holidays} onChange={(holidays) => set({ holidays })} problems={problems} />
      <DateRanges value={contents.dates} onChange={(dates) => set({ dates })} problems={problems} />
      <Windows value={contents.weekly} onChange={(weekly) => set({ weekly })} problems={problems} />
      <section aria-live="polite">
        <h3 style={{ fontSize: 15, margin: "16px 0 4px" }}>{t("preview")}</h3>
        {empty ? <p>{t("preview.empty")}</p> : null}
        {general.map((each, index) => <Alert key={index} type="error" showIcon title={each.detail} style={{ marginBlockEnd: 8 }} />)}
        {plan.error && problems.length === 0 ? <Failure error={plan.error} /> : null}
        {!empty && plan.data && !plan.error ? <Times times={plan.data.times} zone={contents.timezone} /> : null}
        {calendar && calendar.used_by.length > 0 ? <p>{t("preview.users", { count: calendar.used_by.length })}</p> : null}
        {save.error && !(save.error instanceof ApiProblem && save.error.errors.length > 0) ? <Failure error={save.error} /> : null}
      </section>
    </Drawer>
  );
}
