// Name and password, and what the API says to them; on the log-in page and in the dialog over a page.
import { UserOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, type InputRef } from "antd";
import { useEffect, useRef, useState } from "react";
import { api, ask } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { focusOnceShown } from "@/components/focusOnceShown";
import type { Entered } from "./entering";
import { PasswordInput } from "./PasswordInput";
import { DOOR } from "./texts";

interface Fields {
  name: string;
  password: string;
}

export function LoginForm({ name, onEntered }: { /** Fixed: somebody who is to come back. */ name?: string; onEntered: (entered: Entered) => Promise<void> | void }) {
  const t = useTexts(DOOR);
  const [form] = Form.useForm<Fields>();
  const password = useRef<InputRef>(null);
  const [wait, setWait] = useCountdown();
  // A dialog that opens takes the focus to its first field; whoever comes back types the password.
  useEffect(() => {
    if (name) focusOnceShown(password.current);
  }, [name]);
  const entering = useMutation({
    mutationFn: (fields: Fields) => ask(api.POST("/api/v1/group-ai/session", { body: fields })),
    onSuccess: onEntered,
    onError: (error) => {
      if (error instanceof ApiProblem && error.status === 429) setWait(error.retryAfter ?? 1);
      password.current?.focus({ cursor: "all" });
    },
  });
  return (
    <Form form={form} layout="vertical" requiredMark={false} method="post" onFinish={(fields: Fields) => entering.mutate(fields)} initialValues={{ name: name ?? "" }}>
      <Form.Item name="name" label={t("name")} rules={[{ required: true, message: t("name.missing") }]}>
        <Input prefix={<UserOutlined aria-hidden />} name="username" autoComplete="username" autoCapitalize="off" autoCorrect="off" spellCheck={false} maxLength={200} autoFocus={!name} readOnly={!!name} size="large" />
      </Form.Item>
      <Form.Item name="password" label={t("password")} rules={[{ required: true, message: t("password.missing") }]}>
        <PasswordInput ref={password} name="password" autoComplete="current-password" size="large" />
      </Form.Item>
      <Refusal error={entering.error} />
      <Button type="primary" htmlType="submit" block size="large" loading={entering.isPending} disabled={wait > 0}>
        {wait > 0 ? t("login.wait", { count: wait }) : t("login.button")}
      </Button>
    </Form>
  );
}

function Refusal({ error }: { error: unknown }) {
  if (!error) return null;
  // Failure would add that a role is lacking; here nobody has one yet.
  if (error instanceof ApiProblem && error.status < 500) {
    return <Alert role="alert" type="error" showIcon title={error.detail} style={{ marginBlockEnd: 16 }} />;
  }
  return <Failure error={error} />;
}

/** Seconds that go down to zero. */
function useCountdown(): [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}
