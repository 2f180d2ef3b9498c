// Mine, theirs and what both began with, side by side; one side is chosen per field, then saving goes on.
import { Button, Grid, Modal, Radio, Tag } from "antd";
import { type ReactNode, useMemo, useState } from "react";
import { useTexts } from "@/app/texts";
import { Help } from "./Field";
import type { Draft, FieldName } from "./fields";
import { type Difference, differences, merged, type Side } from "./merging";
import { NAMES, REVIEW } from "./review-texts";
import { Value } from "./values";

export interface ConflictDialogProps {
  base: Draft;
  mine: Draft;
  theirs: Draft;
  onClose: () => void;
  onMerged: (draft: Draft) => void;
}

export function ConflictDialog({ base, mine, theirs, onClose, onMerged }: ConflictDialogProps) {
  const t = useTexts(REVIEW);
  const found = useMemo(() => differences(base, mine, theirs), [base, mine, theirs]);
  const [choices, setChoices] = useState<Partial<Record<FieldName, Side>>>(() => Object.fromEntries(found.map((each) => [each.field, each.chosen])));
  const wide = Grid.useBreakpoint().md ?? true;
  const all = (side: Side) => setChoices(Object.fromEntries(found.map((each) => [each.field, side])));
  const choose = (field: FieldName, side: Side) => setChoices({ ...choices, [field]: side });
  return (
    <Modal open title={t("conflict.title")} width={1000} onCancel={onClose} okText={t("conflict.apply")} onOk={() => onMerged(merged(mine, theirs, choices))}>
      {found.length === 0 ? (
        <p>{t("conflict.none")}</p>
      ) : (
        <>
          <Help>{t("conflict.lead")}</Help>
          <div style={{ display: "flex", gap: 8, marginBlock: 12 }}>
            <Button size="small" onClick={() => all("mine")}>{t("conflict.allMine")}</Button>
            <Button size="small" onClick={() => all("theirs")}>{t("conflict.allTheirs")}</Button>
          </div>
          {wide ? <Columns found={found} choices={choices} choose={choose} /> : found.map((each) => <Stacked key={each.field} found={each} choices={choices} choose={choose} />)}
        </>
      )}
    </Modal>
  );
}

interface Choosing {
  choices: Partial<Record<FieldName, Side>>;
  choose: (field: FieldName, side: Side) => void;
}

const CELL = { padding: 8, verticalAlign: "top", textAlign: "start", borderBlockStart: "1px solid var(--ant-color-border-secondary)", fontWeight: 400 } as const;

function Columns({ found, choices, choose }: Choosing & { found: Difference[] }) {
  const t = useTexts(REVIEW);
  return (
    <table style={{ width: "100%", borderCollapse: "collapse", tableLayout: "fixed" }}>
      <thead>
        <tr>
          {(["conflict.field", "conflict.base", "conflict.mine", "conflict.theirs"] as const).map((key) => (
            <th key={key} scope="col" style={{ ...CELL, border: 0, color: "var(--ant-color-text-description)", ...(key === "conflict.field" ? { width: "18%" } : {}) }}>{t(key)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {found.map((each) => (
          <tr key={each.field}>
            <th scope="row" style={CELL}><Heading found={each} /></th>
            <td style={CELL}><Value value={each.base} /></td>
            {(["mine", "theirs"] as const).map((side) => (
              <td key={side} style={{ ...CELL, background: choices[each.field] === side ? "var(--ant-control-item-bg-active)" : undefined }}>
                <Choose found={each} side={side} choices={choices} choose={choose}><Value value={each[side]} /></Choose>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Stacked({ found, choices, choose }: Choosing & { found: Difference }) {
  const t = useTexts(REVIEW);
  return (
    <section style={{ paddingBlock: 12, borderBlockStart: "1px solid var(--ant-color-border-secondary)" }}>
      <Heading found={found} />
      <div style={{ color: "var(--ant-color-text-description)", marginBlock: 4 }}>{t("conflict.base")}</div>
      <Value value={found.base} />
      {(["mine", "theirs"] as const).map((side) => (
        <div key={side} style={{ marginBlockStart: 8 }}>
          <Choose found={found} side={side} choices={choices} choose={choose}>
            <span style={{ color: "var(--ant-color-text-description)" }}>{t(`conflict.${side}`)}</span> <Value value={found[side]} />
          </Choose>
        </div>
      ))}
    </section>
  );
}

function Heading({ found }: { found: Difference }) {
  const t = useTexts(REVIEW);
  const name = useTexts(NAMES);
  return (
    <>
      <b>{name(found.field)}</b> {found.contested ? <Tag color="warning">{t("conflict.both")}</Tag> : null}
    </>
  );
}

function Choose({ found, side, choices, choose, children }: Choosing & { found: Difference; side: Side; children: ReactNode }) {
  const t = useTexts(REVIEW);
  const name = useTexts(NAMES);
  return (
    <Radio checked={choices[found.field] === side} onChange={() => choose(found.field, side)} aria-label={`${t("conflict.choose", { field: name(found.field) })}: ${t(`conflict.${side}`)}`} style={{ alignItems: "flex-start" }}>
      {children}
    </Radio>
  );
}
