// Rights chosen by what they are about: one line each, with quick choices above them.
import { Button, Checkbox, Space } from "antd";
import { useTexts } from "@/app/texts";
import { ADMIN, grouped, type Pick, picked } from "./rights";
import { DEEDS, THINGS, TOKENS } from "./texts-tokens";

const PICKS: readonly Pick[] = ["read", "run", "all", "none"];

/** A form control: `value` and `onChange` come from the form. */
export function Rights({ mine, id, value = [], onChange }: { mine: readonly string[]; id?: string; value?: string[]; onChange?: (scopes: string[]) => void }) {
  const t = useTexts(TOKENS);
  const naming = useRightNames();
  const everything = value.includes(ADMIN);
  const toggle = (scope: string, on: boolean) => onChange?.(on ? [...value, scope] : value.filter((each) => each !== scope));
  return (
    <div id={id} role="group" aria-label={t("create.scopes")} tabIndex={-1}>
      <Space wrap size={4} style={{ marginBlockEnd: 8 }}>
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("create.pick")}</span>
        {PICKS.map((pick) => (
          <Button key={pick} size="small" disabled={everything && pick !== "none"} onClick={() => onChange?.(picked(pick, mine))}>
            {t(`create.pick.${pick}`)}
          </Button>
        ))}
      </Space>
      {mine.includes(ADMIN) ? (
        <div style={{ marginBlockEnd: 8 }}>
          <Checkbox checked={everything} onChange={(event) => onChange?.(event.target.checked ? [ADMIN] : [])}>
            <strong>{t("create.admin")}</strong>
          </Checkbox>
          <div style={{ color: "var(--ant-color-text-description)", paddingInlineStart: 24 }}>{t("create.admin.what")}</div>
        </div>
      ) : null}
      <div style={{ display: "grid", gridTemplateColumns: "minmax(96px, max-content) 1fr", columnGap: 12, rowGap: 2, alignItems: "baseline" }}>
        {grouped(mine).map((group) => (
          <div key={group.thing} role="group" aria-label={naming.thing(group.thing)} style={{ display: "contents" }}>
            <span style={{ fontWeight: 600 }}>{naming.thing(group.thing)}</span>
            <span style={{ display: "flex", flexWrap: "wrap", columnGap: 12 }}>
              {group.scopes.map(({ scope, deed }) => (
                <Checkbox key={scope} title={scope} disabled={everything} checked={everything || value.includes(scope)} onChange={(event) => toggle(scope, event.target.checked)}>
                  {naming.deed(deed)}
                </Checkbox>
              ))}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** How rights are called; what has no name here keeps the API's. */
export function useRightNames() {
  const thing = useTexts(THINGS);
  const deed = useTexts(DEEDS);
  return {
    thing: (name: string) => (name in THINGS ? thing(name as keyof typeof THINGS) : name),
    deed: (name: string) => (name in DEEDS ? deed(name as keyof typeof DEEDS) : name),
    whole(scope: string): string {
      const [about = scope, what = ""] = scope.split(":");
      return what ? `${this.thing(about)} · ${this.deed(what)}` : scope;
    },
  };
}
