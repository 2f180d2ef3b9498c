// A link that somebody was given: to choose the first password, or a new one.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Form, Skeleton } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { showProblems } from "@/components/formProblems";
import { When } from "@/components/Time";
import { Door } from "./Door";
import { useEnter, useLinkSecret } from "./entering";
import { NewPassword } from "./NewPassword";
import { DOOR } from "./texts";
import { Unplaced } from "./Unplaced";

export function Component() {
  const t = useTexts(DOOR);
  const secret = useLinkSecret();
  const peek = useQuery({
    queryKey: ["password-link", secret],
    queryFn: () => ask(api.POST("/api/v1/group-ai/password-link/peek", { body: { token: secret } })),
    enabled: secret !== "",
    staleTime: Infinity,
  });
  if (!secret) return <Door title={t("link.none.title")} lead={t("link.none.text")}><Link to="/login">{t("setup.to.login")}</Link></Door>;
  if (peek.isPending) return <Door title={t("link.title")}><Skeleton active /></Door>;
  if (peek.error) {
    return (
      <Door title={t("link.bad.title")}>
        <Failure error={peek.error} />
        <Link to="/login">{t("setup.to.login")}</Link>
      </Door>
    );
  }
  return (
    <Door title={t("link.title")} lead={t("link.lead", { name: peek.data.display_name })}>
      <PasswordForm secret={secret} name={peek.data.name} expires={peek.data.expires_at} />
    </Door>
  );
}

function PasswordForm({ secret, name, expires }: { secret: string; name: string; expires: string }) {
  const t = useTexts(DOOR);
  const [form] = Form.useForm<{ password: string }>();
  const enter = useEnter();
  const doing = useMutation({
    mutationFn: ({ password }: { password: string }) => ask(api.POST("/api/v1/group-ai/password-link", { body: { token: secret, password } })),
    onSuccess: (entered) => enter(entered, "/"),
    onError: (error) => showProblems(form, error),
  });
  return (
    <Form form={form} layout="vertical" method="post" requiredMark={false} onFinish={(fields: { password: string }) => doing.mutate(fields)}>
      {/* For password managers: whose password this is. */}
      <input className="visually-hidden" type="text" name="username" autoComplete="username" value={name} readOnly tabIndex={-1} aria-hidden />
      <NewPassword label={t("password.new")} />
      <Unplaced error={doing.error} fields={["password"]} />
      <Button type="primary" htmlType="submit" block size="large" loading={doing.isPending}>
        {t("link.button")}
      </Button>
      <p style={{ marginBlock: "12px 0 0", color: "var(--ant-color-text-description)" }}>
        {t("link.expires")} <When at={expires} as="exact" />
      </p>
    </Form>
  );
}
