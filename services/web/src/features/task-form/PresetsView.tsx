// The schedules that most tasks have, as cards, and the few numbers of the chosen one.
import { Checkbox, Input, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { useTexts } from "@/app/texts";
import { Choices } from "./Choices";
import { Help } from "./Field";
import { type Choice, EVERY, type Parameter, type Preset, PRESETS, presetOf, USUAL } from "./presets";
import { SCHEDULE, WEEKDAYS } from "./schedule-texts";

export function PresetsView({ cron, onChange }: { cron: string; onChange: (cron: string) => void }) {
  const t = useTexts(SCHEDULE);
  const found = presetOf(cron);
  // Numbers that the present preset does not have stay, for the next one that is chosen.
  const [kept, setKept] = useState<Choice>(USUAL);
  const choice = { ...kept, ...found?.choice };
  const write = (preset: Preset, changes: Partial<Choice>) => {
    const next = { ...choice, ...changes };
    setKept(next);
    onChange(preset.write(next));
  };
  return (
    <>
      <Choices
        label={t("view.presets")}
        width={150}
        value={found?.preset.name ?? null}
        onChange={(name) => {
          const preset = PRESETS.find((each) => each.name === name);
          if (preset) write(preset, {});
        }}
        options={PRESETS.map((preset) => ({ value: preset.name, title: t(`preset.${preset.name}`) }))}
      />
      {found ? (
        <div style={{ display: "flex", flexWrap: "wrap", gap: 16, marginBlockStart: 16 }}>
          {found.preset.takes.map((parameter) => (
            <ParameterField key={parameter} parameter={parameter} choice={choice} onChange={(changes) => write(found.preset, changes)} />
          ))}
        </div>
      ) : cron ? (
        <Help>{t("preset.none")}</Help>
      ) : null}
    </>
  );
}

function ParameterField({ parameter, choice, onChange }: { parameter: Parameter; choice: Choice; onChange: (changes: Partial<Choice>) => void }) {
  const t = useTexts(SCHEDULE);
  const day = useTexts(WEEKDAYS);
  const id = useId();
  const label = <label htmlFor={id} style={{ display: "block", marginBlockEnd: 4 }}>{t(`param.${parameter}`)}</label>;
  if (parameter === "time") {
    return (
      <div>
        {label}
        <Input
          id={id}
          type="time"
          value={`${two(choice.hour)}:${two(choice.minute)}`}
          onChange={(event) => {
            const [hour, minute] = event.target.value.split(":").map(Number);
            if (hour !== undefined && minute !== undefined) onChange({ hour, minute });
          }}
          style={{ width: 140 }}
        />
      </div>
    );
  }
  if (parameter === "weekdays") {
    return (
      <fieldset>
        <legend style={{ padding: 0, marginBlockEnd: 8, fontSize: 14 }}>{t("param.weekdays")}</legend>
        <Checkbox.Group value={choice.weekdays} onChange={(weekdays) => weekdays.length > 0 && onChange({ weekdays })} options={[1, 2, 3, 4, 5, 6, 0].map((each) => ({ value: each, label: day(`${each}` as keyof typeof WEEKDAYS) }))} />
      </fieldset>
    );
  }
  if (parameter === "every") {
    return (
      <div>
        {label}
        <Select id={id} value={choice.every} onChange={(every) => onChange({ every })} options={EVERY.map((each) => ({ value: each, label: each }))} style={{ width: 120 }} />
      </div>
    );
  }
  const [low, high] = parameter === "day" ? [1, 31] : [0, 59];
  return (
    <div>
      {label}
      <InputNumber id={id} min={low} max={high} precision={0} value={choice[parameter]} onChange={(value) => value !== null && onChange({ [parameter]: value })} style={{ width: 120 }} />
    </div>
  );
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
