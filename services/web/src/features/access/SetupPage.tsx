// The first start: whoever has the link becomes the first administrator.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Form, Input, Skeleton } from "antd";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { useTexts } from "@/app/texts";
import { Command } from "@/components/Command";
import { Failure } from "@/components/Failure";
import { showProblems } from "@/components/formProblems";
import { Door } from "./Door";
import { useEnter, useLinkSecret } from "./entering";
import { NewPassword } from "./NewPassword";
import { DOOR } from "./texts";
import { Unplaced } from "./Unplaced";

interface Fields {
  name: string;
  display_name?: string;
  password: string;
}

export function Component() {
  const t = useTexts(DOOR);
  const secret = useLinkSecret();
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => ask(api.GET("/api/v1/group-ai/setup")) });
  if (setup.isPending) return <Door title={t("setup.title")}><Skeleton active /></Door>;
  if (setup.error) return <Door title={t("setup.title")}><Failure error={setup.error} retry={() => void setup.refetch()} /></Door>;
  if (!setup.data.needed) {
    return (
      <Door title={t("setup.done.title")} lead={t("setup.done.text")}>
        <Link to="/login">{t("setup.to.login")}</Link>
      </Door>
    );
  }
  if (!secret) {
    return (
      <Door title={t("setup.none.title")} lead={t("setup.none.text")}>
        <Command text="cat .local/setup-link" />
      </Door>
    );
  }
  return (
    <Door title={t("setup.title")} lead={t("setup.lead")}>
      <SetupForm secret={secret} />
    </Door>
  );
}

function SetupForm({ secret }: { secret: string }) {
  const t = useTexts(DOOR);
  const { language } = usePreferences();
  const [form] = Form.useForm<Fields>();
  const enter = useEnter();
  const doing = useMutation({
    mutationFn: ({ name, display_name, password }: Fields) =>
      ask(api.POST("/api/v1/group-ai/setup", { body: { token: secret, name, password, display_name: display_name?.trim() || null, language } })),
    onSuccess: (entered) => enter(entered, "/"),
    onError: (error) => showProblems(form, error),
  });
  return (
    <Form form={form} layout="vertical" method="post" requiredMark={false} onFinish={(fields: Fields) => doing.mutate(fields)}>
      <Form.Item name="name" label={t("name")} extra={t("name.help")} rules={[{ required: true, message: t("name.missing") }]}>
        <Input name="username" autoComplete="username" autoCapitalize="off" autoCorrect="off" spellCheck={false} maxLength={64} autoFocus />
      </Form.Item>
      <Form.Item name="display_name" label={t("display")} extra={t("display.help")}>
        <Input autoComplete="name" maxLength={100} />
      </Form.Item>
      <NewPassword label={t("password")} />
      <Unplaced error={doing.error} fields={["name", "display_name", "password"]} />
      <Button type="primary" htmlType="submit" block size="large" loading={doing.isPending}>
        {t("setup.button")}
      </Button>
    </Form>
  );
}
