// One entry in full: its fields before and after, and the ways to what belongs to it.
import { Button, Space } from "antd";
import { useTexts } from "@/app/texts";
import { When } from "@/components/Time";
import { useDeedNames } from "./AuditFilters";
import type { Entry } from "./AuditPage";
import { type Filters, NOTHING } from "./auditQuery";
import { changes } from "./change";
import { AUDIT } from "./texts-audit";

const CELL = { textAlign: "start", verticalAlign: "top", padding: "4px 12px 4px 0", borderBlockEnd: "1px solid var(--ant-color-border-secondary)" } as const;

export function Change({ entry, onFilter }: { entry: Entry; onFilter: (changes: Partial<Filters>) => void }) {
  const t = useTexts(AUDIT);
  const naming = useDeedNames();
  const fields = changes(entry.before, entry.after);
  const only = (filter: Partial<Filters>) => onFilter({ ...NOTHING, ...filter });
  return (
    <div style={{ paddingBlock: 8 }}>
      {fields.length === 0 ? (
        <p style={{ marginBlock: "0 8px", color: "var(--ant-color-text-description)" }}>{t("diff.none")}</p>
      ) : (
        <div style={{ overflowX: "auto" }} tabIndex={0} role="region" aria-label={t("diff.of", { what: naming.verb(entry.verb) })}>
          <table style={{ borderCollapse: "collapse", width: "100%", maxWidth: 960, tableLayout: "fixed" }}>
            <thead>
              <tr>
                <th scope="col" style={{ ...CELL, width: "26%" }}>{t("diff.field")}</th>
                {entry.before ? <th scope="col" style={CELL}>{t("diff.before")}</th> : null}
                {entry.after ? <th scope="col" style={CELL}>{t(entry.before ? "diff.after" : "diff.value")}</th> : null}
              </tr>
            </thead>
            <tbody>
              {fields.map((each) => (
                <tr key={each.field}>
                  <th scope="row" className="mono break" style={{ ...CELL, fontWeight: 400 }}>{each.field}</th>
                  {entry.before ? <td style={CELL}><Value text={each.before} removed /></td> : null}
                  {entry.after ? <td style={CELL}><Value text={each.after} plain={!entry.before} /></td> : null}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Space wrap size={8} style={{ marginBlockStart: 8, color: "var(--ant-color-text-description)" }}>
        <span>{t("more.entry", { id: String(entry.id) })}</span>
        <When at={entry.at} as="exact" />
        {entry.request_id ? (
          <Button size="small" type="link" onClick={() => only({ request_id: entry.request_id ?? "" })}>
            {t("more.request")}
          </Button>
        ) : null}
        {entry.token_id ? (
          <Button size="small" type="link" onClick={() => only({ token_id: entry.token_id ?? "" })}>
            {t("more.token")}
          </Button>
        ) : null}
        <Button size="small" type="link" onClick={() => only({ subject_kind: entry.subject_kind, subject_id: entry.subject_id })}>
          {t("more.subject")}
        </Button>
      </Space>
    </div>
  );
}

function Value({ text, removed = false, plain = false }: { text: string | null; removed?: boolean; plain?: boolean }) {
  const t = useTexts(AUDIT);
  if (text === null) return <span style={{ color: "var(--ant-color-text-description)" }}>{t("diff.absent")}</span>;
  const colour = plain ? "transparent" : removed ? "var(--ant-color-error-bg)" : "var(--ant-color-success-bg)";
  return <span className="mono pre" style={{ background: colour, padding: "1px 4px", borderRadius: 4 }}>{text}</span>;
}
