// A password as it is typed: with a way to look at it, and a word when Caps Lock is on.
import { LockOutlined } from "@ant-design/icons";
import { Input, type InputRef } from "antd";
import { type ComponentProps, type KeyboardEvent, type Ref, useState } from "react";
import { useTexts } from "@/app/texts";
import { onceReleased } from "@/components/released";
import { DOOR } from "./texts";

type Props = Omit<ComponentProps<typeof Input.Password>, "autoComplete"> & {
  /** What a password manager is to put here. */
  autoComplete: "current-password" | "new-password";
  ref?: Ref<InputRef>;
};

export function PasswordInput({ ref, ...props }: Props) {
  const t = useTexts(DOOR);
  const [caps, setCaps] = useState(false);
  const look = (event: KeyboardEvent<HTMLInputElement>) => setCaps(event.getModifierState("CapsLock"));
  return (
    <>
      <Input.Password
        prefix={<LockOutlined aria-hidden />}
        maxLength={1024}
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        {...props}
        {...(ref ? { ref } : {})}
        onKeyDown={look}
        onKeyUp={look}
        onBlur={(event) =>
          onceReleased(() => {
            setCaps(false);
            props.onBlur?.(event);
          })
        }
      />
      <div role="status" aria-live="polite" style={{ color: "var(--ant-color-warning)" }}>
        {caps ? t("password.caps") : null}
      </div>
    </>
  );
}
