// One alert rule: what is measured, how much is too much, how long, who is told; tried before it is stored.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Collapse, Drawer, Form, Input, InputNumber, Segmented, Select, Space, Switch } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { showProblems } from "@/components/formProblems";
import { GrowingText } from "@/components/GrowingText";
import { WORDS } from "@/components/texts";
import { DurationInput, Pairs } from "./inputs";
import { TargetsSelect } from "./pickers";
import { RuleScope } from "./RuleScope";
import { RuleTest } from "./RuleTest";
import { RuleMissing, RuleTiming } from "./RuleTiming";
import { RULES } from "./rule-texts";
import { bodyOf, FIRST, newRule, type Rule, type RuleType, type RuleValues, SIGNS, TYPES, UNITS, valuesOf, WINDOWED } from "./rules";
import { ALERTS } from "./texts";

export interface RuleFormProps {
  /** Undefined: a new one. */
  rule?: Rule | undefined;
  /** What a new one begins with. */
  like?: Rule | undefined;
  onClose: () => void;
}

/** Render it only while it is open. */
export function RuleForm({ rule, like, onClose }: RuleFormProps) {
  const t = useTexts(RULES);
  const w = useTexts(WORDS);
  const { can } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<RuleValues>();
  const initial = rule ? valuesOf(rule) : like ? { ...valuesOf(like), name: "" } : newRule();
  const type = Form.useWatch("rule_type", form) ?? initial.rule_type;
  const locked = !can("alerts:write");
  const saving = useMutation({
    mutationFn: (values: RuleValues) => save(rule, values),
    onSuccess: async (_, values) => {
      await client.invalidateQueries({ queryKey: ["alert-rules"] });
      await client.invalidateQueries({ queryKey: ["alerts"] });
      void message.success(t("form.saved", { name: values.name }));
      onClose();
    },
    onError: (error) => showProblems(form, error),
  });
  const whole = () => form.getFieldsValue(true) as RuleValues;
  const change = (chosen: RuleType) => {
    // What was said of another type means nothing to this one.
    form.setFieldsValue({ ...FIRST[chosen], rule_conditions: undefined, query: undefined, no_data: "" } as never);
  };
  return (
    <Drawer
      open
      size={780}
      title={locked ? t("view") : rule ? t("edit") : t("new")}
      onClose={onClose}
      footer={
        <Space>
          {locked ? null : (
            <Button type="primary" loading={saving.isPending} onClick={() => form.submit()}>
              {w("save")}
            </Button>
          )}
          <Button onClick={onClose}>{locked ? w("close") : w("cancel")}</Button>
        </Space>
      }
    >
      <Form<RuleValues> form={form} name="rule" layout="vertical" initialValues={initial} disabled={locked} onFinish={() => saving.mutate(whole())} scrollToFirstError={{ focus: true, block: "center" }}>
        <Head onType={change} />
        <Threshold type={type} />
        <fieldset>
          <legend style={LEGEND}>{t("part.scope")}</legend>
          <RuleScope type={type} />
        </fieldset>
        <fieldset>
          <legend style={LEGEND}>{t("part.when")}</legend>
          <RuleTiming windowed={WINDOWED.has(type)} />
        </fieldset>
        <Form.Item name="targets" label={t("form.target")} extra={t("form.target.help")}>
          <TargetsSelect label={t("form.target")} />
        </Form.Item>
        <Collapse
          size="small"
          style={{ marginBlockEnd: 16 }}
          items={[
            { key: "words", label: t("part.words"), forceRender: true, children: <Words locked={locked} /> },
            { key: "missing", label: t("part.missing"), forceRender: true, children: <RuleMissing /> },
          ]}
        />
        {locked ? null : (
          <RuleTest
            onRefused={(error) => showProblems(form, error)}
            read={() =>
              form
                .validateFields({ recursive: true })
                .then(whole)
                .catch((problem: { errorFields?: { name: (string | number)[] }[] }) => {
                  // A name is not needed for a try.
                  const others = (problem.errorFields ?? []).filter((each) => each.name[0] !== "name");
                  return others.length === 0 ? whole() : null;
                })
            }
          />
        )}
        <Failure error={saving.error} />
      </Form>
    </Drawer>
  );
}

const LEGEND = { padding: 0, marginBlock: "8px", fontSize: 15, fontWeight: 600 } as const;

function Head({ onType }: { onType: (type: RuleType) => void }) {
  const t = useTexts(RULES);
  const a = useTexts(ALERTS);
  const form = Form.useFormInstance<RuleValues>();
  const type = Form.useWatch("rule_type", form) ?? "error_rate";
  const required = [{ required: true, whitespace: true, message: t("form.required") }];
  return (
    <>
      <Form.Item name="name" label={t("form.name")} rules={required}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="rule_type" label={t("form.type")} extra={t(`about.${type}`)}>
        <Select onChange={onType} options={TYPES.map((each) => ({ value: each, label: t(`type.${each}`) }))} />
      </Form.Item>
      <Space wrap size={24} align="start">
        <Form.Item name="alert_level" label={t("form.level")}>
          <Segmented aria-label={t("form.level")} options={(["info", "warning", "error"] as const).map((each) => ({ value: each, label: a(`level.${each}`) }))} />
        </Form.Item>
        <Form.Item name="enabled" label={t("form.enabled")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Space>
    </>
  );
}

function Threshold({ type }: { type: RuleType }) {
  const t = useTexts(RULES);
  const unit = UNITS[type];
  return (
    <Form.Item label={t("form.condition")} required>
      <Space wrap>
        <Form.Item name="threshold_operator" noStyle>
          <Select aria-label={t("form.operator")} style={{ width: 80 }} options={Object.entries(SIGNS).map(([value, label]) => ({ value, label }))} />
        </Form.Item>
        <Form.Item name="threshold_value" noStyle rules={[{ required: true, message: t("form.required") }]}>
          {unit === "seconds" ? (
            <DurationInput label={t("form.threshold")} />
          ) : (
            <InputNumber aria-label={t("form.threshold")} style={{ width: 160 }} {...(unit === "none" ? {} : { suffix: t(`unit.${unit}`) })} />
          )}
        </Form.Item>
      </Space>
    </Form.Item>
  );
}

function Words({ locked }: { locked: boolean }) {
  const t = useTexts(RULES);
  return (
    <>
      <Form.Item name="description" label={t("form.description")}>
        <GrowingText most={5} maxLength={2_000} />
      </Form.Item>
      <Form.Item name="annotations" label={t("words.annotations")} extra={t("words.annotations.help")}>
        <Pairs label={t("words.annotations")} long example="summary" disabled={locked} />
      </Form.Item>
      <Form.Item name="labels" label={t("words.labels")} extra={t("words.labels.help")}>
        <Pairs label={t("words.labels")} disabled={locked} />
      </Form.Item>
    </>
  );
}

function save(rule: Rule | undefined, values: RuleValues) {
  const body = bodyOf(values, rule);
  if (!rule) return ask(api.POST("/api/v1/group-ai/alert-rules", { body: body as Schema<"AlertRuleCreate"> }));
  return ask(
    api.PUT("/api/v1/group-ai/alert-rules/{rule_id}", {
      params: { path: { rule_id: rule.id }, header: { "If-Match": `"${rule.version}"` } },
      body: body as Schema<"AlertRuleUpdate">,
    }),
  );
}
