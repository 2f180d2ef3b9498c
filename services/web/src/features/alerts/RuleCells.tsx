// What a list of rules says of each: its condition, how it stands, who is told, when it was checked.
import { AlertFilled, CheckCircleFilled, ClockCircleOutlined, PauseCircleOutlined, QuestionCircleOutlined, WarningFilled } from "@ant-design/icons";
import { Space, Tag, Tooltip } from "antd";
import { Link } from "react-router";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration } from "@/components/format";
import { When } from "@/components/Time";
import { RULES } from "./rule-texts";
import { condition, type Rule, WINDOWED } from "./rules";

const QUIET = { color: "var(--ant-color-text-description)" } as const;

export function Condition({ rule }: { rule: Rule }) {
  const t = useTexts(RULES);
  const { language } = usePreferences();
  const spelled = `${t(`type.${rule.rule_type}`)} ${condition(rule, language)}`;
  const whole = WINDOWED.has(rule.rule_type) ? t("sentence.window", { condition: spelled, window: duration(rule.window_seconds, language) }) : spelled;
  const held = rule.after_samples ? t("sentence.samples", { count: rule.after_samples }) : rule.for_seconds ? t("sentence.for", { time: duration(rule.for_seconds, language) }) : "";
  return (
    <span className="break">
      {whole}
      {held}
    </span>
  );
}

export function Now({ rule }: { rule: Rule }) {
  const t = useTexts(RULES);
  const link = `/alerts?rule=${encodeURIComponent(rule.name)}`;
  if (!rule.enabled) return <Tag icon={<PauseCircleOutlined />} style={{ marginInlineEnd: 0 }}>{t("now.off")}</Tag>;
  if (rule.firing + rule.pending > 0) {
    return (
      <Link to={link}>
        <Space size={4} wrap>
          {rule.firing ? <Tag color="error" icon={<AlertFilled />} style={{ marginInlineEnd: 0 }}>{t("now.firing", { count: rule.firing })}</Tag> : null}
          {rule.pending ? <Tag color="warning" icon={<ClockCircleOutlined />} style={{ marginInlineEnd: 0 }}>{t("now.pending", { count: rule.pending })}</Tag> : null}
        </Space>
      </Link>
    );
  }
  if (!rule.last_check) return <Tag icon={<QuestionCircleOutlined />} style={{ marginInlineEnd: 0 }}>{t("now.unchecked")}</Tag>;
  if (rule.last_check.error) {
    return (
      <Tooltip title={rule.last_check.error}>
        <Tag color="warning" icon={<WarningFilled />} tabIndex={0} style={{ marginInlineEnd: 0 }}>{t("now.error")}</Tag>
      </Tooltip>
    );
  }
  return <Tag color="success" icon={<CheckCircleFilled />} style={{ marginInlineEnd: 0 }}>{t("now.ok")}</Tag>;
}

export function Told({ rule }: { rule: Rule }) {
  const t = useTexts(RULES);
  const targets = (rule.notification_target ?? "").split(",").map((each) => each.trim()).filter(Boolean);
  if (targets.length === 0) return <span style={QUIET}>{t("told.nobody")}</span>;
  return (
    <Space size={[4, 4]} wrap style={{ maxWidth: 240 }}>
      {targets.map((target) =>
        target.includes("@") ? (
          <span key={target} className="break">{target}</span>
        ) : (
          <Link key={target} to={`/channels?open=${encodeURIComponent(target)}`} className="break">{target}</Link>
        ),
      )}
    </Space>
  );
}

export function Checked({ rule }: { rule: Rule }) {
  const t = useTexts(RULES);
  if (!rule.last_check) return <span style={QUIET}>–</span>;
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      <When at={rule.last_check.at} /> <span style={QUIET}>· {t("checked.samples", { count: rule.last_check.samples })}</span>
    </span>
  );
}
