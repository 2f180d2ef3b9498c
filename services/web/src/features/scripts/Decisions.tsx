// What may become of a script now, by its status and the reader's rights.
import { CheckOutlined, CloseOutlined, CloudUploadOutlined, DeleteOutlined, MoreOutlined, SendOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown, Modal, Space } from "antd";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { Failure, sentenceOf } from "@/components/Failure";
import { GrowingText } from "@/components/GrowingText";
import { WORDS } from "@/components/texts";
import { decide, deleteScript, type Script, type Verb } from "./api";
import { openDecisions } from "./flow";
import { SCRIPTS } from "./texts";

const ICONS: Record<Verb, ReactNode> = { submit: <SendOutlined />, approve: <CheckOutlined />, reject: <CloseOutlined />, disable: <StopOutlined /> };

export function Decisions({ script, onPublish }: { script: Script; onPublish: () => void }) {
  const t = useTexts(SCRIPTS);
  const words = useTexts(WORDS);
  const { can } = useSession();
  const { modal, message } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [verb, setVerb] = useState<Verb | null>(null);
  const open = can("scripts:write") ? openDecisions(script.status) : [];
  const first = open.filter((each) => each !== "disable");
  const remove = () =>
    modal.confirm({
      title: t("delete.title", { name: script.name }),
      content: t("delete.text"),
      okText: words("delete"),
      cancelText: words("cancel"),
      okButtonProps: { danger: true },
      onOk: async () => {
        try {
          await deleteScript(script.script_id);
        } catch (error) {
          void message.error(sentenceOf(error, t("do.delete")));
          return;
        }
        void message.success(t("delete.done"));
        void navigate("/scripts");
        await client.invalidateQueries({ queryKey: ["scripts"] });
      },
    });
  const items = can("scripts:write")
    ? [
        ...(open.includes("disable") ? [{ key: "disable", icon: ICONS.disable, label: t("do.disable"), onClick: () => setVerb("disable") }] : []),
        { key: "delete", danger: true, icon: <DeleteOutlined />, label: t("do.delete"), onClick: () => void remove() },
      ]
    : [];
  return (
    <Space wrap>
      {can("tasks:run") && script.status !== "disabled" ? (
        <Button type={first.length === 0 ? "primary" : "default"} icon={<CloudUploadOutlined />} onClick={onPublish}>{t("do.publish")}</Button>
      ) : null}
      {first.map((each) => (
        <Button key={each} type={each === "reject" ? "default" : "primary"} danger={each === "reject"} icon={ICONS[each]} onClick={() => setVerb(each)}>{t(`do.${each}`)}</Button>
      ))}
      {items.length > 0 ? (
        <Dropdown trigger={["click"]} menu={{ items }}>
          <Button icon={<MoreOutlined />} aria-label={t("more")} />
        </Dropdown>
      ) : null}
      {verb ? <DecisionModal script={script} verb={verb} onClose={() => setVerb(null)} /> : null}
    </Space>
  );
}

function DecisionModal({ script, verb, onClose }: { script: Script; verb: Verb; onClose: () => void }) {
  const t = useTexts(SCRIPTS);
  const words = useTexts(WORDS);
  const { message } = App.useApp();
  const client = useQueryClient();
  const [comment, setComment] = useState("");
  const deciding = useMutation({
    mutationFn: () => decide(script.script_id, verb, comment),
    onSuccess: () => {
      void message.success(t(`done.${verb}`));
      onClose();
      return client.invalidateQueries({ queryKey: ["scripts"] });
    },
  });
  return (
    <Modal
      open
      title={`${t(`do.${verb}`)} · ${script.name} · ${t("version", { number: script.version })}`}
      onCancel={onClose}
      cancelText={words("cancel")}
      okText={t(`do.${verb}`)}
      okButtonProps={{ loading: deciding.isPending, danger: verb === "reject" || verb === "disable" }}
      onOk={() => deciding.mutate()}
    >
      <p>{t(`decide.${verb}`)}</p>
      <GrowingText aria-label={t("decide.comment")} placeholder={t("decide.comment")} rows={2} most={6} maxLength={500} value={comment} onChange={(event) => setComment(event.target.value)} />
      <Failure error={deciding.error} />
    </Modal>
  );
}
