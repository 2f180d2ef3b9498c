// What to do on the nights on which clocks change; asked only where they do.
import type { Schema } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { exact } from "@/components/format";
import { Choices } from "./Choices";
import { Group, Help } from "./Field";
import { SCHEDULE } from "./schedule-texts";
import { isKnown } from "./zones";

const GAPS = ["run_after", "run_before", "skip"] as const;
const FOLDS = ["first", "second", "both"] as const;
type Gap = (typeof GAPS)[number];
type Fold = (typeof FOLDS)[number];

export interface DstChoiceProps {
  zone: Schema<"Zone">;
  followsRealTime: boolean;
  gap: string;
  fold: string;
  onChange: (changes: { dst_gap?: Gap; dst_fold?: Fold }) => void;
}

export function DstChoice({ zone, followsRealTime, gap, fold, onChange }: DstChoiceProps) {
  const t = useTexts(SCHEDULE);
  const { language } = usePreferences();
  const forward = zone.changes.find((each) => each.forward);
  const back = zone.changes.find((each) => !each.forward);
  const next = zone.changes[0];
  if (!next) return <Help>{t("zone.fixed")}</Help>;
  const at = (instant: string) => exact(new Date(instant), language, isKnown(zone.name) ? zone.name : undefined);
  return (
    <>
      <Help>{t("zone.next", { at: at(next.at), before: next.before, after: next.after })}</Help>
      {followsRealTime ? <Help>{t("dst.none")}</Help> : null}
      {forward && !followsRealTime ? (
        <Group pointer="/schedule_config/dst_gap" legend={t("dst.gap", { at: at(forward.at) })}>
          <Choices<Gap> label={t("dst.gap", { at: at(forward.at) })} value={gap as Gap} onChange={(chosen) => onChange({ dst_gap: chosen })} options={GAPS.map((each) => ({ value: each, title: t(`gap.${each}`), text: t(`gap.${each}.text`) }))} width={140} />
        </Group>
      ) : null}
      {back && !followsRealTime ? (
        <Group pointer="/schedule_config/dst_fold" legend={t("dst.fold", { at: at(back.at) })}>
          <Choices<Fold> label={t("dst.fold", { at: at(back.at) })} value={fold as Fold} onChange={(chosen) => onChange({ dst_fold: chosen })} options={FOLDS.map((each) => ({ value: each, title: t(`fold.${each}`), text: t(`fold.${each}.text`) }))} width={140} />
        </Group>
      ) : null}
    </>
  );
}
