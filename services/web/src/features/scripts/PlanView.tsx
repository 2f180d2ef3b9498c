// What a publication would do, in the words of whoever has to agree.
import { Alert, Card, Timeline } from "antd";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { duration } from "@/components/format";
import type { Publishing } from "./api";
import { PUBLISH } from "./texts";

export function PlanView({ planned }: { planned: Publishing }) {
  const t = useTexts(PUBLISH);
  const { language } = usePreferences();
  const { plan } = planned;
  const changed = plan.steps.reduce((sum, step) => sum + step.changed, 0);
  const environment = plan.environment;
  const headline = !plan.pointer_moves
    ? t("plan.same", { environment, to: plan.version })
    : plan.from_version === null
      ? t("plan.first", { environment, to: plan.version })
      : t("plan.moves", { environment, from: plan.from_version, to: plan.version });
  return (
    <div style={{ display: "grid", gap: 12 }}>
      <Card size="small">
        <strong>{headline}</strong>
        <div>{changed ? t("plan.total", { count: plan.total, changed }) : t("plan.nobody")}</div>
        <div style={{ color: "var(--ant-color-text-description)" }} className="break">{t(planned.task_created ? "plan.newTask" : "plan.task", { task: planned.task_name })}</div>
      </Card>
      {plan.gate_firing ? <Alert type="error" showIcon title={t("plan.firing", { count: plan.gate_firing })} /> : null}
      {plan.busy_run_id ? <Alert type="warning" showIcon title={t("plan.busy")} /> : null}
      {changed ? (
        <Timeline
          items={plan.steps.map((step, at) => ({
            key: at,
            content: (
              <div>
                <strong>{t("plan.step", { number: at + 1 })}</strong> {t("plan.change", { count: step.changed })}
                {step.running ? <span> · {t("plan.running", { count: step.running })}</span> : null}
                {step.hold_seconds ? <span> · {t("plan.hold", { time: duration(step.hold_seconds, language) })}</span> : null}
                <div className="mono break" style={{ color: "var(--ant-color-text-description)" }}>{step.accounts.join(" ")}{step.changed > step.accounts.length ? " …" : ""}</div>
              </div>
            ),
          }))}
        />
      ) : null}
    </div>
  );
}
