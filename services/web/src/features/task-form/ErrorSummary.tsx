// Everything the server found wrong, in one place, each a way to its field.
import { Alert, Button } from "antd";
import { type Ref } from "react";
import type { FieldProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { fieldOf } from "./pointers";
import { NAMES } from "./review-texts";
import { FORM } from "./texts";

export function ErrorSummary({ problems, onJump, box }: { problems: FieldProblem[]; onJump: (pointer: string) => void; box: Ref<HTMLDivElement> }) {
  const t = useTexts(FORM);
  const name = useTexts(NAMES);
  return (
    <div ref={box} tabIndex={-1} style={{ outline: "none", scrollMarginBlockStart: 72 }}>
      {problems.length > 0 ? (
        <Alert
          type="error"
          showIcon
          role="alert"
          style={{ marginBlockEnd: 16 }}
          title={t("errors.title", { count: problems.length })}
          description={
            <ul style={{ margin: 0, paddingInlineStart: 20 }}>
              {problems.map((each, index) => {
                const field = fieldOf(each.pointer);
                return (
                  <li key={index} className="break">
                    <Button type="link" size="small" title={t("errors.jump")} onClick={() => onJump(each.pointer)} style={{ padding: 0, height: "auto", whiteSpace: "normal", textAlign: "start" }}>
                      {field ? `${name(field)}${placeOf(each.pointer)}` : each.pointer || t("title.edit")}
                    </Button>{" "}
                    {each.detail}
                  </li>
                );
              })}
            </ul>
          }
        />
      ) : null}
    </div>
  );
}

/** What of a pointer lies below the field: " · misfire / limit". */
function placeOf(pointer: string): string {
  const rest = pointer.split("/").slice(2);
  return rest.length > 0 ? ` · ${rest.join(" / ")}` : "";
}

/** Bring the field of a pointer, or its nearest parent, into view and put the focus into it. */
export function jumpTo(pointer: string): void {
  const all = [...document.querySelectorAll<HTMLElement>("[data-pointer]")];
  const holding = all.filter((each) => pointer === each.dataset.pointer || pointer.startsWith(`${each.dataset.pointer}/`));
  const target = holding.sort((a, b) => (b.dataset.pointer?.length ?? 0) - (a.dataset.pointer?.length ?? 0))[0];
  if (!target) return;
  for (let parent = target.closest("details"); parent; parent = parent.parentElement?.closest("details") ?? null) parent.open = true;
  target.scrollIntoView({ block: "center" });
  target.querySelector<HTMLElement>("input, textarea, select, button, [tabindex='0'], [contenteditable='true']")?.focus({ preventScroll: true });
}
