// The way through a long form: its sections, with how many problems each has; beside it on wide screens, above it else.
import { Badge } from "antd";
import { useEffect, useState } from "react";
import type { FieldProblem } from "@/api/problem";
import { systemIsStill } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { sectionOf, SECTIONS, type SectionName } from "./pointers";
import { FORM } from "./texts";

export function sectionId(name: SectionName): string {
  return `section-${name}`;
}

export function SectionNav({ problems, wide }: { problems: FieldProblem[]; wide: boolean }) {
  const t = useTexts(FORM);
  const here = useVisibleSection();
  return (
    <nav aria-label={t("sections.label")} style={wide ? { position: "sticky", top: 76 } : { overflowX: "auto", marginBlockEnd: 12 }}>
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "flex", flexDirection: wide ? "column" : "row", gap: wide ? 2 : 4 }}>
        {SECTIONS.map((name) => {
          const count = problems.filter((each) => sectionOf(each.pointer) === name).length;
          return (
            <li key={name}>
              <a
                href={`#${sectionId(name)}`}
                aria-current={here === name ? "location" : undefined}
                onClick={(event) => {
                  event.preventDefault();
                  const section = document.getElementById(sectionId(name));
                  section?.scrollIntoView({ behavior: systemIsStill().matches ? "auto" : "smooth", block: "start" });
                  section?.focus({ preventScroll: true });
                }}
                style={{
                  display: "flex", gap: 8, alignItems: "center", padding: "6px 12px", borderRadius: 6, whiteSpace: "nowrap",
                  color: "var(--ant-color-text)", fontWeight: here === name ? 600 : 400,
                  background: here === name ? "var(--ant-control-item-bg-active)" : undefined,
                }}
              >
                {t(`section.${name}`)}
                {count > 0 ? <Badge count={count} size="small" title={t("section.problems", { count })} /> : null}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** The last section whose beginning lies above the upper third of the window. */
function useVisibleSection(): SectionName {
  const [here, setHere] = useState<SectionName>("basics");
  useEffect(() => {
    const look = () => {
      const line = window.innerHeight / 3;
      const passed = SECTIONS.filter((name) => (document.getElementById(sectionId(name))?.getBoundingClientRect().top ?? Infinity) < line);
      const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 4;
      setHere(atEnd && window.scrollY > 0 ? "notifications" : (passed.at(-1) ?? "basics"));
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  return here;
}
