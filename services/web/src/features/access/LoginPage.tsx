// The way in; afterwards one is where one wanted to go.
import { useQuery } from "@tanstack/react-query";
import { Alert, Collapse } from "antd";
import { Navigate, useSearchParams } from "react-router";
import { api, ask } from "@/api/client";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Command } from "@/components/Command";
import { Door } from "./Door";
import { safeNext, useEnter } from "./entering";
import { LoginForm } from "./LoginForm";
import { ProviderButton, ProviderProblem } from "./ProviderButton";
import { DOOR } from "./texts";

export function Component() {
  const t = useTexts(DOOR);
  const [params] = useSearchParams();
  const { session, ended } = useSession();
  const enter = useEnter();
  const next = safeNext(params.get("next"), window.location.origin);
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => ask(api.GET("/api/v1/group-ai/setup")), staleTime: Infinity });
  if (session && !ended) return <Navigate to={next} replace />;
  return (
    <Door title={t("login.title")} lead={next === "/" ? undefined : t("login.lead")}>
      {setup.data?.needed ? (
        <Alert
          type="info"
          showIcon
          title={t("login.setup.title")}
          description={
            <>
              <p style={{ marginBlock: "0 8px" }}>{t("login.setup.text")}</p>
              <Command text="cat .local/setup-link" />
            </>
          }
          style={{ marginBlockEnd: 20 }}
        />
      ) : null}
      {isPlain(window.location) ? <Alert type="warning" showIcon title={t("login.plain")} style={{ marginBlockEnd: 20 }} /> : null}
      <ProviderProblem code={params.get("problem")} />
      <LoginForm onEntered={(entered) => enter(entered, next)} />
      <ProviderButton next={next} />
      <Collapse
        ghost
        size="small"
        style={{ marginBlockStart: 12, marginInline: -12 }}
        items={[
          {
            key: "forgot",
            label: t("login.forgot.open"),
            children: (
              <>
                <p style={{ marginBlock: "0 8px", color: "var(--ant-color-text-description)" }}>{t("login.forgot")}</p>
                <Command text="automation user reset-password NAME" />
              </>
            ),
          },
        ]}
      />
    </Door>
  );
}

/** Whether what is typed goes over the network as it is. */
function isPlain({ protocol, hostname }: Location): boolean {
  return protocol === "http:" && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
