// Inhibitions: while a source fires, its targets are not told.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Card, Form, Select, Space } from "antd";
import { useState } from "react";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { MatcherRows } from "./Matchers";
import type { Matcher } from "./matchers";
import { type Settings, useSaveSettings } from "./saveSettings";
import { SETTINGS } from "./settings-texts";

interface Inhibition {
  source: Matcher[];
  target: Matcher[];
  equal: string[];
}

const NEW: Inhibition = { source: [{ name: "severity", op: "=", value: "error" }], target: [{ name: "severity", op: "=", value: "warning" }], equal: ["alertname"] };

export function Inhibitions({ settings }: { settings: Settings }) {
  const t = useTexts(SETTINGS);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const [rules, setRules] = useState<Inhibition[]>(settings.inhibitions);
  const saving = useSaveSettings(settings, () => undefined);
  const dirty = JSON.stringify(rules) !== JSON.stringify(settings.inhibitions);
  const locked = !can("alerts:write");
  const put = (index: number, changes: Partial<Inhibition>) => setRules(rules.map((each, at) => (at === index ? { ...each, ...changes } : each)));
  return (
    <div style={{ maxWidth: 980, display: "grid", gap: 12 }}>
      <p style={{ margin: 0, color: "var(--ant-color-text-description)" }}>{t("inhibit.lead")}</p>
      {rules.length === 0 ? <Card size="small">{t("inhibit.none")}</Card> : null}
      {rules.map((rule, index) => (
        <Card
          key={index}
          size="small"
          title={<h2 style={{ margin: 0, fontSize: 14 }}>{t("inhibit.rule", { number: index + 1 })}</h2>}
          extra={locked ? null : <Button type="text" danger icon={<DeleteOutlined />} aria-label={t("inhibit.remove", { number: index + 1 })} onClick={() => setRules(rules.filter((_, at) => at !== index))} />}
        >
          <Form layout="vertical" component={false}>
            <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 380px), 1fr))", gap: 16 }}>
              <Form.Item label={t("inhibit.source")} style={{ marginBlockEnd: 0 }}>
                <MatcherRows label={`${t("inhibit.rule", { number: index + 1 })}: ${t("inhibit.source")}`} disabled={locked} value={rule.source} onChange={(source) => put(index, { source })} />
              </Form.Item>
              <Form.Item label={t("inhibit.target")} style={{ marginBlockEnd: 0 }}>
                <MatcherRows label={`${t("inhibit.rule", { number: index + 1 })}: ${t("inhibit.target")}`} disabled={locked} value={rule.target} onChange={(target) => put(index, { target })} />
              </Form.Item>
            </div>
            <Form.Item label={t("inhibit.equal")} extra={t("inhibit.equal.help")} style={{ marginBlock: "12px 0" }}>
              <Select mode="tags" aria-label={t("inhibit.equal")} disabled={locked} tokenSeparators={[",", " "]} value={rule.equal} onChange={(equal: string[]) => put(index, { equal })} style={{ maxWidth: 420 }} />
            </Form.Item>
          </Form>
        </Card>
      ))}
      <Failure error={saving.error} />
      {locked ? null : (
        <Space wrap>
          <Button icon={<PlusOutlined />} onClick={() => setRules([...rules, NEW])}>
            {t("inhibit.add")}
          </Button>
          <Button type="primary" disabled={!dirty} loading={saving.isPending} onClick={() => saving.mutate({ inhibitions: rules })}>
            {w("save")}
          </Button>
          {dirty ? <Button onClick={() => setRules(settings.inhibitions)}>{t("discard")}</Button> : null}
        </Space>
      )}
    </div>
  );
}
