// How alerts are told: grouping and reminders, inhibition, which rule tells whom, and the groups as they are now.
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Form, Segmented, Select, Skeleton, Space, Switch, Tabs } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { duration } from "@/components/format";
import { showProblems } from "@/components/formProblems";
import { Page } from "@/components/Page";
import { When } from "@/components/Time";
import { WORDS } from "@/components/texts";
import { useUrlState } from "@/components/urlState";
import { ToldGroups } from "./AlertGroups";
import { Inhibitions } from "./Inhibitions";
import { DurationInput } from "./inputs";
import { Routing } from "./Routing";
import { type Settings, useSaveSettings } from "./saveSettings";
import { SETTINGS } from "./settings-texts";
import { ALERTS } from "./texts";

type Mode = "labels" | "each" | "all";

const DAY = 86_400;
/** As the API says it: every alert is a group of its own. */
const EACH = "...";

export function Component() {
  const t = useTexts(SETTINGS);
  const a = useTexts(ALERTS);
  const [url, setUrl] = useUrlState({ tab: "grouping" });
  const query = useQuery({ queryKey: ["alert-settings"], queryFn: () => ask(api.GET("/api/v1/group-ai/alert-settings")) });
  const settings = query.data;
  const body = (inner: (found: Settings) => React.ReactNode) => (settings ? inner(settings) : query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      trail={<Link to="/alerts">{a("title")}</Link>}
    >
      <Tabs
        activeKey={url.tab}
        onChange={(tab) => setUrl({ tab })}
        items={[
          // A new version is a new form: what somebody else has saved is not overwritten unseen.
          { key: "grouping", label: t("tab.grouping"), children: body((found) => <Grouping key={found.version} settings={found} />) },
          { key: "inhibition", label: t("tab.inhibition"), children: body((found) => <Inhibitions key={found.version} settings={found} />) },
          { key: "routing", label: t("tab.routing"), children: <Routing /> },
          {
            key: "groups",
            label: t("tab.groups"),
            children: (
              <Card>
                <p style={{ marginBlockStart: 0, color: "var(--ant-color-text-description)" }}>{t("groups.lead")}</p>
                <ToldGroups none={t("groups.none")} />
              </Card>
            ),
          },
        ]}
      />
      {settings?.updated_by ? (
        <p style={{ color: "var(--ant-color-text-description)" }}>
          {t("changed", { who: settings.updated_by })} <When at={settings.updated_at} />
        </p>
      ) : null}
    </Page>
  );
}

interface Values {
  mode: Mode;
  labels: string[];
  group_wait_seconds: number;
  group_interval_seconds: number;
  repeat_interval_seconds: number;
  send_resolved: boolean;
}

function Grouping({ settings }: { settings: Settings }) {
  const t = useTexts(SETTINGS);
  const w = useTexts(WORDS);
  const { language } = usePreferences();
  const { can } = useSession();
  const [form] = Form.useForm<Values>();
  const [dirty, setDirty] = useState(false);
  const saving = useSaveSettings(settings, (error) => showProblems(form, error));
  const initial = valuesOf(settings);
  const values = { ...initial, ...(Form.useWatch([], form) as Partial<Values> | undefined) };
  const locked = !can("alerts:write");
  return (
    <Card style={{ maxWidth: 820 }}>
      <Form<Values>
        form={form}
        name="grouping"
        layout="vertical"
        initialValues={initial}
        disabled={locked}
        onValuesChange={() => setDirty(true)}
        onFinish={({ mode, labels, ...others }) => saving.mutate({ ...others, group_by: mode === "each" ? [EACH] : mode === "all" ? [] : labels })}
      >
        <Form.Item name="mode" label={t("group.mode")}>
          <Segmented aria-label={t("group.mode")} options={(["labels", "each", "all"] as const).map((mode) => ({ value: mode, label: t(`group.${mode}`) }))} />
        </Form.Item>
        <Form.Item name="labels" label={t("group.by")} hidden={values.mode !== "labels"}>
          <Select mode="tags" tokenSeparators={[",", " "]} options={["alertname", "severity", "queue", "task", "account_id"].map((name) => ({ value: name, label: name }))} />
        </Form.Item>
        <Space wrap size={24} align="start">
          <Form.Item name="group_wait_seconds" label={t("group.wait")} extra={t("group.wait.help")}>
            <DurationInput label={t("group.wait")} max={3_600} />
          </Form.Item>
          <Form.Item name="group_interval_seconds" label={t("group.interval")}>
            <DurationInput label={t("group.interval")} min={1} max={DAY} />
          </Form.Item>
          <Form.Item name="repeat_interval_seconds" label={t("group.repeat")}>
            <DurationInput label={t("group.repeat")} min={60} max={30 * DAY} />
          </Form.Item>
          <Form.Item name="send_resolved" label={t("group.resolved")} valuePropName="checked">
            <Switch />
          </Form.Item>
        </Space>
        <p role="status" style={{ marginBlockStart: 0, color: "var(--ant-color-text-description)" }}>
          {t("sentence", {
            wait: duration(values.group_wait_seconds, language),
            interval: duration(values.group_interval_seconds, language),
            repeat: duration(values.repeat_interval_seconds, language),
          })}
        </p>
        <Failure error={saving.error} />
        {locked ? null : (
          <Space>
            <Button type="primary" htmlType="submit" loading={saving.isPending} disabled={!dirty}>
              {w("save")}
            </Button>
            {dirty ? (
              <Button
                onClick={() => {
                  form.resetFields();
                  setDirty(false);
                }}
              >
                {t("discard")}
              </Button>
            ) : null}
          </Space>
        )}
      </Form>
    </Card>
  );
}

function valuesOf(settings: Settings): Values {
  const { group_by, group_wait_seconds, group_interval_seconds, repeat_interval_seconds, send_resolved } = settings;
  const mode: Mode = group_by.length === 0 ? "all" : group_by.includes(EACH) ? "each" : "labels";
  return { mode, labels: mode === "labels" ? group_by : ["alertname"], group_wait_seconds, group_interval_seconds, repeat_interval_seconds, send_resolved };
}
