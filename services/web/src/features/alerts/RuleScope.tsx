// What a rule measures, by its type: whose numbers, or where to ask.
import { Form, Input, InputNumber, Select, Switch } from "antd";
import { useTexts } from "@/app/texts";
import { CodeEditor } from "@/components/CodeEditor";
import { GrowingText } from "@/components/GrowingText";
import { AccountsSelect, ActionInput, QueueInput, SecretInput, SourceInput, TaskSelect } from "./pickers";
import { RULES } from "./rule-texts";
import type { RuleType } from "./rules";

const GRID = { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 220px), 1fr))", columnGap: 16 } as const;

export function RuleScope({ type }: { type: RuleType }) {
  switch (type) {
    case "error_rate":
    case "response_time":
      return <Runs />;
    case "account_offline":
      return <Accounts />;
    case "queue_age":
      return <Queue />;
    case "schedule_silent":
      return <Schedule />;
    case "backup_age":
      return <Backup />;
    case "promql":
      return <Promql />;
    case "http":
      return <Http />;
    case "sql":
      return <Sql />;
    default:
      return null;
  }
}

const at = (name: string) => ["rule_conditions", name];
const asked = (...name: string[]) => ["query", ...name];

function Runs() {
  const t = useTexts(RULES);
  return (
    <div style={GRID}>
      <Form.Item name={at("task_id")} label={t("scope.task")}>
        <TaskSelect label={t("scope.task")} placeholder={t("scope.task.any")} />
      </Form.Item>
      <Form.Item name={at("task_action")} label={t("scope.action")}>
        <ActionInput label={t("scope.action")} />
      </Form.Item>
      <Form.Item name={at("queue")} label={t("scope.queue")}>
        <QueueInput label={t("scope.queue")} placeholder={t("scope.queue.any")} />
      </Form.Item>
      <Form.Item name={at("by")} label={t("scope.by")} initialValue="all">
        <Select options={(["all", "task", "task_action", "queue"] as const).map((by) => ({ value: by, label: t(`by.${by}`) }))} />
      </Form.Item>
      <Form.Item name={at("min_runs")} label={t("scope.minRuns")} extra={t("scope.minRuns.help")} initialValue={1}>
        <InputNumber min={1} max={1_000_000} precision={0} />
      </Form.Item>
    </div>
  );
}

function Accounts() {
  const t = useTexts(RULES);
  return (
    <div style={GRID}>
      <Form.Item name={at("account_ids")} label={t("scope.accounts")}>
        <AccountsSelect label={t("scope.accounts")} placeholder={t("scope.accounts.any")} />
      </Form.Item>
      <Form.Item name={at("tags")} label={t("scope.tags")}>
        <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " "]} />
      </Form.Item>
      <Form.Item name={at("server_id")} label={t("scope.server")}>
        <Input maxLength={200} />
      </Form.Item>
    </div>
  );
}

function Queue() {
  const t = useTexts(RULES);
  return (
    <Form.Item name={at("queue")} label={t("scope.queue")}>
      <QueueInput label={t("scope.queue")} placeholder={t("scope.queue.any")} />
    </Form.Item>
  );
}

function Schedule() {
  const t = useTexts(RULES);
  return (
    <Form.Item name={at("task_id")} label={t("scope.task")}>
      <TaskSelect label={t("scope.task")} placeholder={t("scope.task.any")} />
    </Form.Item>
  );
}

function Backup() {
  const t = useTexts(RULES);
  return (
    <Form.Item name={at("source")} label={t("scope.source")}>
      <SourceInput label={t("scope.source")} placeholder={t("scope.source.any")} />
    </Form.Item>
  );
}

function Login() {
  const t = useTexts(RULES);
  return (
    <div style={GRID}>
      <Form.Item name={asked("login", "secret")} label={t("query.secret")} extra={t("query.secret.help")}>
        <SecretInput label={t("query.secret")} />
      </Form.Item>
      <Form.Item name={asked("login", "username")} label={t("query.username")}>
        <Input maxLength={256} autoComplete="off" />
      </Form.Item>
      <Form.Item name={asked("verify_tls")} label={t("query.verify")} valuePropName="checked" initialValue>
        <Switch />
      </Form.Item>
    </div>
  );
}

function useRequired() {
  const t = useTexts(RULES);
  return [{ required: true, message: t("form.required") }];
}

function Promql() {
  const t = useTexts(RULES);
  const required = useRequired();
  return (
    <>
      <Form.Item name={asked("url")} label={t("query.url")} extra={t("query.url.promql")} rules={required}>
        <Input maxLength={2_048} inputMode="url" />
      </Form.Item>
      <Form.Item name={asked("expr")} label={t("query.expr")} rules={required}>
        <GrowingText className="mono" rows={2} maxLength={4_096} spellCheck={false} />
      </Form.Item>
      <Login />
    </>
  );
}

function Http() {
  const t = useTexts(RULES);
  const required = useRequired();
  return (
    <>
      <Form.Item name={asked("url")} label={t("query.url")} rules={required}>
        <Input maxLength={2_048} inputMode="url" />
      </Form.Item>
      <div style={GRID}>
        <Form.Item name={asked("measure")} label={t("query.measure")} initialValue="up">
          <Select options={(["up", "latency_ms", "status"] as const).map((each) => ({ value: each, label: t(`measure.${each}`) }))} />
        </Form.Item>
        <Form.Item name={asked("method")} label={t("query.method")} initialValue="GET">
          <Select options={["GET", "HEAD"].map((each) => ({ value: each, label: each }))} />
        </Form.Item>
        <Form.Item name={["query", "expect_status", 0]} label={t("query.from")} initialValue={200}>
          <InputNumber min={100} max={599} precision={0} />
        </Form.Item>
        <Form.Item name={["query", "expect_status", 1]} label={t("query.to")} initialValue={399}>
          <InputNumber min={100} max={599} precision={0} />
        </Form.Item>
      </div>
      <Login />
    </>
  );
}

function Sql() {
  const t = useTexts(RULES);
  const required = useRequired();
  return (
    <>
      <Form.Item name={asked("dsn_secret")} label={t("query.dsn")} rules={required}>
        <SecretInput label={t("query.dsn")} />
      </Form.Item>
      <Form.Item name={asked("statement")} label={t("query.statement")} rules={required}>
        <SqlEditor label={t("query.statement")} />
      </Form.Item>
    </>
  );
}

function SqlEditor({ value = "", onChange, label }: { value?: string; onChange?: (text: string) => void; label: string }) {
  return <CodeEditor language="sql" label={label} value={value} {...(onChange ? { onChange } : {})} height="140px" />;
}
