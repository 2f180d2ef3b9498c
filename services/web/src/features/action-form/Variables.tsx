// What can be filled into the texts of a task, with what it would be now; a click copies it.
import { Button, Collapse, Drawer, Skeleton, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { useCopy } from "@/components/Command";
import { Failure } from "@/components/Failure";
import { ACTIONS } from "./texts";

export function Variables({ action, subject = "" }: { action: string; subject?: string }) {
  const t = useTexts(ACTIONS);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>{t("vars.open")}</Button>
      <Drawer open={open} onClose={() => setOpen(false)} title={t("vars.title")} size={480}>
        {open ? <Places action={action} subject={subject} /> : null}
      </Drawer>
    </>
  );
}

function Places({ action, subject }: { action: string; subject: string }) {
  const t = useTexts(ACTIONS);
  const { language } = usePreferences();
  const copy = useCopy();
  const query = useQuery({
    queryKey: ["actions", "variables", language, action, subject],
    queryFn: () => ask(api.GET("/api/v1/group-ai/template-variables", { params: { query: { subject, task_action: action } } })),
  });
  if (!query.data) return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton active />;
  return (
    <>
      <Typography.Paragraph type="secondary">{t("vars.note")}</Typography.Paragraph>
      <Collapse
        defaultActiveKey={["map"]}
        items={query.data.places.map((place) => ({
          key: place.place,
          label: place.title,
          children: (
            <>
              <Typography.Paragraph type="secondary">{place.description}</Typography.Paragraph>
              {place.variables.length === 0 ? <p>{t("vars.none")}</p> : null}
              <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 4 }}>
                {place.variables.map((each) => (
                  <li key={each.insert} style={{ display: "flex", flexWrap: "wrap", columnGap: 8, alignItems: "baseline" }}>
                    <Button type="text" size="small" className="mono break" aria-label={t("vars.copy", { name: each.insert })} onClick={() => void copy(each.insert, t("vars.copied", { name: each.insert }))} style={{ height: "auto", whiteSpace: "normal", textAlign: "start" }}>
                      {each.insert}
                    </Button>
                    <span style={{ color: "var(--ant-color-text-description)" }} className="break">
                      {each.description ?? ""} {each.sample === null || each.sample === undefined ? "" : t("vars.sample", { value: JSON.stringify(each.sample).slice(0, 80) })}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          ),
        }))}
      />
    </>
  );
}
