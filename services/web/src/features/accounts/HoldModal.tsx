// A person's word about one or many accounts: in which state, and for how long.
import { Alert, Form, Modal, Radio } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { WORDS } from "@/components/texts";
import { ACCOUNTS } from "./texts";

const HOURS = { "1h": 1, "8h": 8, "24h": 24, "7d": 168, ever: null } as const;
type Length = keyof typeof HOURS;

/** When a hold of this length ends; null: it does not. */
export function untilOf(length: Length, now: Date): string | null {
  const hours = HOURS[length];
  return hours === null ? null : new Date(now.getTime() + hours * 3_600_000).toISOString();
}

interface Props {
  title: string;
  onClose: () => void;
  act: (hold: Schema<"HoldPut">) => Promise<unknown>;
  /** Something follows: closing is the caller's business. */
  stays?: boolean;
}

/** Render it only while it is open. */
export function HoldModal({ title, onClose, act, stays = false }: Props) {
  const t = useTexts(ACCOUNTS);
  const words = useTexts(WORDS);
  const [state, setState] = useState<"running" | "stopped">("stopped");
  const [length, setLength] = useState<Length>("8h");
  const holding = useMutation({ mutationFn: () => act({ state, until: untilOf(length, new Date()) }), onSuccess: () => (stays ? undefined : onClose()) });
  return (
    <Modal open title={title} onCancel={onClose} cancelText={words("cancel")} okText={t("do.hold")} okButtonProps={{ loading: holding.isPending }} onOk={() => holding.mutate()}>
      <Alert type="info" title={t("hold.text")} style={{ marginBlockEnd: 12 }} />
      <Form layout="vertical">
        <Form.Item label={t("hold.state")}>
          <Radio.Group
            optionType="button"
            value={state}
            onChange={(event) => setState(event.target.value as typeof state)}
            options={(["stopped", "running"] as const).map((value) => ({ value, label: t(`want.${value}`) }))}
          />
        </Form.Item>
        <Form.Item label={t("hold.for")}>
          <Radio.Group
            optionType="button"
            value={length}
            onChange={(event) => setLength(event.target.value as Length)}
            options={(Object.keys(HOURS) as Length[]).map((value) => ({ value, label: t(`hold.${value}`) }))}
          />
        </Form.Item>
      </Form>
      <Failure error={holding.error} />
    </Modal>
  );
}
