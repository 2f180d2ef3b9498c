// Start or stop one account, whichever is not wanted yet.
import { PlayCircleOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Tooltip } from "antd";
import { useSession } from "@/app/session";
import { useTexts } from "@/app/texts";
import { sentenceOf } from "@/components/Failure";
import { type Account, start, stop } from "./api";
import { ACCOUNTS } from "./texts";

/** One that has given up is wanted running and yet to be started: by a new wish. */
export function nextWish(account: Pick<Account, "desired" | "state">): "start" | "stop" {
  if (account.desired === "stopped") return "start";
  return account.state === "failed" || account.state === "quarantined" ? "start" : "stop";
}

export function SwitchButton({ account, size = "middle" }: { account: Account; size?: "small" | "middle" }) {
  const t = useTexts(ACCOUNTS);
  const { can } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  const wish = nextWish(account);
  const acting = useMutation({
    mutationFn: () => (wish === "start" ? start(account.account_id) : stop(account.account_id, false)),
    onSuccess: () => void message.success(t(wish === "start" ? "do.started" : "do.stopped")),
    onError: (error) => void message.error(sentenceOf(error, t(`do.${wish}`))),
    onSettled: () => client.invalidateQueries({ queryKey: ["accounts"] }),
  });
  if (!can("accounts:run")) return null;
  const barred = account.hold !== null && (account.hold.state === "running") !== (wish === "start");
  return (
    <Tooltip title={barred && account.hold ? t(`hold.${account.hold.state}`) : ""}>
      <Button
        size={size}
        disabled={barred}
        loading={acting.isPending}
        icon={wish === "start" ? <PlayCircleOutlined /> : <StopOutlined />}
        aria-label={`${t(`do.${wish}`)} ${account.display_name}`}
        onClick={() => acting.mutate()}
      >
        {t(`do.${wish}`)}
      </Button>
    </Tooltip>
  );
}
