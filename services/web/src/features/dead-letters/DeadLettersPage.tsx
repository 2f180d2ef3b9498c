// What could not be brought to an end: runs that need a decision, and messages that nobody could handle.
import { Tabs } from "antd";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Page } from "@/components/Page";
import { useUrlState } from "@/components/urlState";
import { DeadRuns } from "./DeadRuns";
import { Letters } from "./Letters";
import { DEAD } from "./texts";

export function Component() {
  const t = useTexts(DEAD);
  const { can } = useSession();
  const [{ tab }, setUrl] = useUrlState({ tab: "runs", q: "", state: "open", status: "", task_id: "", stream: "", open: "" });
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Tabs
        activeKey={tab}
        // The filters of one list mean nothing to the other.
        onChange={(chosen) => setUrl({ tab: chosen, q: "", state: "open", status: "", task_id: "", stream: "", open: "" })}
        destroyOnHidden
        items={[
          { key: "runs", label: t("tab.runs"), children: <DeadRuns mayDecide={can("dead-letters:write")} mayRun={can("tasks:run")} /> },
          { key: "letters", label: t("tab.letters"), children: <Letters mayDecide={can("dead-letters:write")} mayRun={can("tasks:run")} /> },
        ]}
      />
    </Page>
  );
}
