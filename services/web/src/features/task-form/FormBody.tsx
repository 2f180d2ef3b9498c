// The sections one below the other.
import { Card } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "@/app/texts";
import { BasicsSection, WhenSection } from "./BasicSections";
import { HowSection } from "./HowSection";
import { SECTIONS, type SectionName } from "./pointers";
import { sectionId } from "./SectionNav";
import { FORM } from "./texts";
import { DependenciesSection, NotificationsSection } from "./TieSections";
import { WhatSection } from "./WhatSection";

const CONTENT: Record<SectionName, () => ReactNode> = {
  basics: BasicsSection,
  when: WhenSection,
  what: WhatSection,
  how: HowSection,
  dependencies: DependenciesSection,
  notifications: NotificationsSection,
};

export function FormBody() {
  const t = useTexts(FORM);
  return SECTIONS.map((name) => {
    const Content = CONTENT[name];
    return (
      <section key={name} id={sectionId(name)} tabIndex={-1} aria-labelledby={`${sectionId(name)}-title`} style={{ marginBlockEnd: 16, scrollMarginBlockStart: 68, outline: "none" }}>
        <Card title={<h2 id={`${sectionId(name)}-title`} style={{ margin: 0, fontSize: 16 }}>{t(`section.${name}`)}</h2>}>
          <Content />
        </Card>
      </section>
    );
  });
}
