// Publishing, step by step: which version to whom, how fast, what must not happen meanwhile; planned before it begins.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Form, Grid, Skeleton, Space, Steps } from "antd";
import { useState } from "react";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { planPublication, publish, type Script } from "./api";
import { paramsOf, stepsAreRight, type Wishes, WISHES } from "./flow";
import { PlanView } from "./PlanView";
import { GateStep, HowStep, WhatStep } from "./PublishSteps";
import { PUBLISH } from "./texts";

interface Props {
  script: Script;
  /** The environment in which the version before is to be published again; null: it is no rollback. */
  rollbackIn: string | null;
  onClose: () => void;
  onStarted: (runId: string) => void;
}

const STEPS = ["what", "how", "gate", "plan"] as const;

export function PublishWizard({ script, rollbackIn, onClose, onStarted }: Props) {
  const t = useTexts(PUBLISH);
  const words = useTexts(WORDS);
  const wide = Grid.useBreakpoint().md ?? true;
  const client = useQueryClient();
  const { message } = App.useApp();
  // A rollback is in a hurry: its plan comes first, what is usual can be changed by going back.
  const [at, setAt] = useState(rollbackIn === null ? 0 : STEPS.length - 1);
  const [wishes, setWishes] = useState<Wishes>(() => ({ ...WISHES, ...(rollbackIn === null ? {} : { environment: rollbackIn, rollback: true }) }));
  const set = (changes: Partial<Wishes>) => setWishes((before) => ({ ...before, ...changes }));
  const params = paramsOf(wishes);
  const planning = STEPS[at] === "plan";
  const plan = useQuery({
    queryKey: ["scripts", "plan", script.script_id, params],
    queryFn: () => planPublication(script.script_id, params),
    enabled: planning,
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });
  const going = useMutation({
    mutationFn: () => publish(script.script_id, params),
    onSuccess: (begun) => {
      void message.success(t("started"));
      onStarted(begun.run_id);
      return client.invalidateQueries({ queryKey: ["scripts"] });
    },
  });
  const right = wishes.strategy === "all" || stepsAreRight(wishes.steps);
  const named = !wishes.some || wishes.account_ids.length + wishes.tags.length > 0;
  const footer = (
    <Space style={{ display: "flex", justifyContent: "flex-end" }} wrap>
      <Button onClick={onClose}>{words("cancel")}</Button>
      {at > 0 ? <Button onClick={() => setAt(at - 1)}>{t("back")}</Button> : null}
      {planning ? (
        <Button type="primary" danger={wishes.rollback} loading={going.isPending} disabled={!plan.isSuccess || plan.isFetching} onClick={() => going.mutate()}>{t(wishes.rollback ? "goBack" : "go")}</Button>
      ) : (
        <Button type="primary" disabled={!right || !named} onClick={() => setAt(at + 1)}>{t("next")}</Button>
      )}
    </Space>
  );
  return (
    <Drawer open title={t(wishes.rollback ? "rollbackTitle" : "title", { name: script.name })} size={wide ? 720 : "100%"} onClose={onClose} mask={{ closable: false }} footer={footer}>
      <Steps size="small" current={at} orientation={wide ? "horizontal" : "vertical"} onChange={(step) => right && named && setAt(step)} items={STEPS.map((step) => ({ title: t(`step.${step}`) }))} style={{ marginBlockEnd: 20 }} />
      <Form layout="vertical">
        {STEPS[at] === "what" ? <WhatStep script={script} wishes={wishes} set={set} /> : null}
        {STEPS[at] === "how" ? <HowStep wishes={wishes} set={set} /> : null}
        {STEPS[at] === "gate" ? <GateStep wishes={wishes} set={set} /> : null}
      </Form>
      {planning ? (
        <>
          {plan.isPending ? <Skeleton active /> : null}
          <Failure error={plan.error} retry={() => void plan.refetch()} />
          {plan.data ? <PlanView planned={plan.data} /> : null}
          <Failure error={going.error} />
        </>
      ) : null}
    </Drawer>
  );
}
