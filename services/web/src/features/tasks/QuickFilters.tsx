// Filters of one click: each puts its words into the query line, or takes them out.
import { Button, Flex, Grid } from "antd";
import { useTexts } from "@/app/texts";
import { hasWord, toggleWord } from "./queryText";
import { LIST } from "./texts";

const TYPES = ["type:scheduled", "type:triggered", "type:manual"];
const FILTERS = [
  ["failing", "failing:true"],
  ["late", "late:true"],
  ["running", "running:true"],
  ["waiting", "waiting:true"],
  ["soon", "next<1h"],
  ["disabled", "enabled:false"],
  ["never", "last:never"],
  ["scheduled", "type:scheduled"],
  ["triggered", "type:triggered"],
  ["manual", "type:manual"],
] as const;

export function QuickFilters({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const t = useTexts(LIST);
  const wide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  return (
    // One line to swipe on a phone, so that the list begins on the first screen.
    <Flex role="group" aria-label={t("filters")} gap={6} {...(wide ? { wrap: "wrap" as const } : { style: { overflowX: "auto", paddingBlock: 3, minWidth: 0 } })}>
      {FILTERS.map(([name, word]) => {
        const on = hasWord(value, word);
        const act = () => onChange(toggleWord(value, word, TYPES.includes(word) ? TYPES : []));
        return (
          <Button key={name} size="small" shape="round" aria-pressed={on} {...(on ? { type: "primary" as const } : {})} onClick={act} style={{ height: 28, paddingInline: 12, flex: "none" }}>
            {t(`filter.${name}`)}
          </Button>
        );
      })}
    </Flex>
  );
}
