// The way in at an OpenID provider, if there is one; and what went wrong there, told by a code in the address.
import { LoginOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Divider } from "antd";
import { api, ask, BASE } from "@/api/client";
import { useTexts } from "@/app/texts";
import { problemKey } from "./entering";
import { DOOR } from "./texts";

export function ProviderButton({ next }: { next: string }) {
  const t = useTexts(DOOR);
  const ways = useQuery({ queryKey: ["log-in-ways"], queryFn: () => ask(api.GET("/api/v1/group-ai/log-in-ways")), staleTime: Infinity });
  const provider = ways.data?.oidc;
  if (!provider) return null;
  return (
    <>
      <Divider plain>{t("provider.or")}</Divider>
      <Button block size="large" icon={<LoginOutlined aria-hidden />} href={`${BASE}/oidc/start?next=${encodeURIComponent(next)}`}>
        {t("provider.button", { name: provider.name })}
      </Button>
    </>
  );
}

export function ProviderProblem({ code }: { code: string | null }) {
  const t = useTexts(DOOR);
  return code ? <Alert role="alert" type="error" showIcon title={t(problemKey(code))} style={{ marginBlockEnd: 20 }} /> : null;
}
