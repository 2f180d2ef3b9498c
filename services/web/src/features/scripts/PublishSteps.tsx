// The forms of the wizard's steps.
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Button, Checkbox, Form, InputNumber, Radio, Select, Space } from "antd";
import { countAccounts, NO_FILTER } from "@/features/accounts/api";
import { useTexts } from "@/app/texts";
import { alertRuleNames, readVersions, type Script } from "./api";
import { stepsAreRight, USUAL, type Wishes } from "./flow";
import { PUBLISH, SCRIPTS } from "./texts";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
}

export function WhatStep({ script, wishes, set }: Props & { script: Script }) {
  const t = useTexts(PUBLISH);
  const words = useTexts(SCRIPTS);
  const versions = useQuery({ queryKey: ["scripts", "versions", script.script_id, script.version], queryFn: () => readVersions(script.script_id), enabled: !wishes.rollback });
  const counts = useQuery({ queryKey: ["accounts", "counts", { ...NO_FILTER, script: script.script_id }], queryFn: () => countAccounts({ ...NO_FILTER, script: script.script_id }) });
  const approved = (versions.data ?? []).filter((each) => each.approved_at !== null);
  const environments = [...new Set(["production", "staging", ...script.pointers.map((each) => each.environment)])];
  return (
    <>
      <Form.Item label={t("environment")} htmlFor="publish-environment">
        <AutoComplete id="publish-environment" value={wishes.environment} options={environments.map((value) => ({ value }))} onChange={(environment) => set({ environment })} />
      </Form.Item>
      {wishes.rollback ? null : (
        <Form.Item label={t("version")} htmlFor="publish-version">
          <Select
            id="publish-version"
            value={wishes.version ?? 0}
            loading={versions.isPending}
            options={[{ value: 0, label: t("latest") }, ...approved.map((each) => ({ value: each.version, label: `${words("version", { number: each.version })}${each.change_summary ? ` · ${each.change_summary.slice(0, 60)}` : ""}` }))]}
            onChange={(version) => set({ version: version || null })}
          />
        </Form.Item>
      )}
      <Form.Item label={t("target")}>
        <Radio.Group value={wishes.some} onChange={(event) => set({ some: event.target.value as boolean })} options={[{ value: false, label: t("target.all") }, { value: true, label: t("target.some") }]} />
      </Form.Item>
      {wishes.some ? (
        <>
          <Form.Item label={t("accounts")} htmlFor="publish-accounts">
            <Select id="publish-accounts" mode="tags" tokenSeparators={[",", " "]} open={false} suffixIcon={null} value={wishes.account_ids} onChange={(account_ids: string[]) => set({ account_ids })} />
          </Form.Item>
          <Form.Item label={t("tags")} htmlFor="publish-tags">
            <Select id="publish-tags" mode="tags" value={wishes.tags} options={(counts.data?.tag ?? []).map((each) => ({ value: each.value, label: `${each.value} (${each.accounts})` }))} onChange={(tags: string[]) => set({ tags })} />
          </Form.Item>
        </>
      ) : null}
    </>
  );
}

export function HowStep({ wishes, set }: Props) {
  const t = useTexts(PUBLISH);
  return (
    <>
      <Form.Item label={t("strategy")}>
        <Radio.Group value={wishes.strategy} onChange={(event) => { const strategy = event.target.value as Wishes["strategy"]; set({ strategy, steps: USUAL[strategy] }); }}>
          <Space orientation="vertical">
            {(["all", "canary", "waves"] as const).map((each) => (
              <Radio key={each} value={each}>
                {t(`strategy.${each}`)}
                <div style={{ color: "var(--ant-color-text-description)" }}>{t(`strategy.${each}.text`)}</div>
              </Radio>
            ))}
          </Space>
        </Radio.Group>
      </Form.Item>
      {wishes.strategy === "all" ? null : <StepsEditor wishes={wishes} set={set} />}
      <Space wrap size={16}>
        <Form.Item label={t("readBack")} htmlFor="publish-read">
          <InputNumber id="publish-read" min={0} max={3600} value={wishes.readBack} onChange={(value) => set({ readBack: value ?? 0 })} />
        </Form.Item>
        <Form.Item label={t("stopAt")} htmlFor="publish-stop">
          <InputNumber id="publish-stop" min={1} max={100} value={wishes.stopAt} onChange={(value) => set({ stopAt: value ?? 20 })} />
        </Form.Item>
      </Space>
      <Form.Item>
        <Checkbox checked={wishes.partial} onChange={(event) => set({ partial: event.target.checked })}>{t("partial")}</Checkbox>
      </Form.Item>
    </>
  );
}

function StepsEditor({ wishes, set }: Props) {
  const t = useTexts(PUBLISH);
  const { steps } = wishes;
  const change = (at: number, changes: Partial<(typeof steps)[number]>) => set({ steps: steps.map((step, index) => (index === at ? { ...step, ...changes } : step)) });
  const last = steps.at(-1);
  return (
    <Form.Item label={t("steps")} validateStatus={stepsAreRight(steps) ? "" : "error"} help={stepsAreRight(steps) ? undefined : t("steps.wrong")}>
      <div style={{ display: "grid", gap: 8 }}>
        {steps.map((step, at) => (
          <Space key={at} wrap>
            <span className="tabular">{at + 1}.</span>
            <InputNumber aria-label={`${t("percent")} ${at + 1}`} min={1} max={100} suffix="%" value={step.percent} onChange={(value) => change(at, { percent: value ?? 1 })} />
            <InputNumber aria-label={`${t("hold")} ${at + 1}`} prefix={t("hold")} min={0} max={86_400} value={step.hold_seconds} style={{ width: 170 }} onChange={(value) => change(at, { hold_seconds: value ?? 0 })} />
            <Button type="text" icon={<DeleteOutlined />} aria-label={t("removeStep", { number: at + 1 })} disabled={steps.length < 2} onClick={() => set({ steps: steps.filter((_, index) => index !== at) })} />
          </Space>
        ))}
        <Button icon={<PlusOutlined />} style={{ justifySelf: "start" }} disabled={steps.length >= 20} onClick={() => set({ steps: [...steps.slice(0, -1), { percent: Math.max(1, Math.floor(((steps.at(-2)?.percent ?? 0) + 100) / 2)), hold_seconds: 30 }, last ?? { percent: 100, hold_seconds: 0 }] })}>
          {t("addStep")}
        </Button>
      </div>
    </Form.Item>
  );
}

export function GateStep({ wishes, set }: Props) {
  const t = useTexts(PUBLISH);
  const rules = useQuery({ queryKey: ["scripts", "rule-names"], queryFn: alertRuleNames });
  return (
    <>
      <Form.Item label={t("gate")} htmlFor="publish-gate" extra={t("gate.help")}>
        <Select id="publish-gate" allowClear showSearch placeholder={t("gate.none")} value={wishes.gate} options={(rules.data ?? []).map((value) => ({ value, label: value }))} onChange={(value?: string) => set({ gate: value ?? null })} />
      </Form.Item>
      {wishes.gate ? (
        <>
          <Form.Item label={t("minHold")} htmlFor="publish-hold">
            <InputNumber id="publish-hold" min={0} max={86_400} value={wishes.minHold} onChange={(value) => set({ minHold: value ?? 0 })} />
          </Form.Item>
          <Form.Item label={t("onFail")}>
            <Radio.Group optionType="button" value={wishes.onFail} onChange={(event) => set({ onFail: event.target.value as Wishes["onFail"] })} options={(["rollback", "pause"] as const).map((value) => ({ value, label: t(`onFail.${value}`) }))} />
          </Form.Item>
        </>
      ) : null}
    </>
  );
}
