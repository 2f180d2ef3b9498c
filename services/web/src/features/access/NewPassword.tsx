// The fields for a password that is chosen: how long it is shows while it is typed, and it is typed twice.
// Whether it is too common only the API can say.
import { Form } from "antd";
import { useTexts } from "@/app/texts";
import { PasswordInput } from "./PasswordInput";
import { DOOR } from "./texts";

/** As the API counts. */
const LEAST = 10;

export function NewPassword({ label }: { label: string }) {
  const t = useTexts(DOOR);
  const form = Form.useFormInstance();
  const typed = (Form.useWatch("password", form) as string | undefined) ?? "";
  const missing = LEAST - [...typed].length;
  const progress = typed === "" ? t("password.hint") : missing > 0 ? t("password.count", { count: missing }) : t("password.fine");
  return (
    <>
      <Form.Item name="password" label={label} extra={<span aria-live="polite">{progress}</span>} rules={[{ required: true, message: t("password.missing") }]}>
        <PasswordInput autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t("password.again")}
        dependencies={["password"]}
        validateTrigger="onBlur"
        rules={[
          { required: true, message: t("password.missing") },
          { validator: (_, value) => (!value || value === form.getFieldValue("password") ? Promise.resolve() : Promise.reject(new Error(t("password.differs")))) },
        ]}
      >
        <PasswordInput autoComplete="new-password" />
      </Form.Item>
    </>
  );
}
