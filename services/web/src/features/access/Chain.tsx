// Whether the audit list is what was written: verified stretch by stretch when somebody asks.
import { SafetyCertificateOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { api, ask, type Schema } from "@/api/client";
import { useTexts } from "@/app/texts";
import { Failure } from "@/components/Failure";
import { AUDIT } from "./texts-audit";

type Verdict = Schema<"AuditVerdict">;
export interface Verified {
  checked: number;
  head: string;
  late: boolean;
  problems: Verdict["problems"];
}

export function useVerify() {
  return useMutation({ mutationFn: verifyAll });
}

export function VerifyButton({ verify }: { verify: ReturnType<typeof useVerify> }) {
  const t = useTexts(AUDIT);
  return (
    <Button icon={<SafetyCertificateOutlined aria-hidden />} loading={verify.isPending} onClick={() => verify.mutate()}>
      {t("chain.verify")}
    </Button>
  );
}

export function ChainVerdict({ verify }: { verify: ReturnType<typeof useVerify> }) {
  const t = useTexts(AUDIT);
  const found = verify.data;
  if (verify.error) return <Failure error={verify.error} />;
  if (!found) return null;
  const [first] = found.problems;
  const style = { marginBlockEnd: 12 };
  if (!first) {
    return (
      <Alert
        role="status"
        type={found.late ? "warning" : "success"}
        showIcon
        title={t(found.late ? "chain.late" : "chain.good", { count: found.checked })}
        description={<span className="mono break">{found.head}</span>}
        style={style}
      />
    );
  }
  return (
    <Alert
      role="alert"
      type="error"
      showIcon
      title={t("chain.bad", { count: found.problems.length })}
      description={found.problems.slice(0, 10).map((each) => (
        <div key={`${each.what} ${each.id} ${each.seal}`} className="mono">
          {t(`chain.${each.what}`)} · id {each.id ?? "–"} · seal {each.seal ?? "–"}
        </div>
      ))}
      style={style}
    />
  );
}

async function verifyAll(): Promise<Verified> {
  const all: Verified = { checked: 0, head: "", late: false, problems: [] };
  let after: number | null = 0;
  while (after !== null) {
    const stretch: Verdict = await ask(api.GET("/api/v1/group-ai/audit/verify", { params: { query: { after } } }));
    all.checked += stretch.checked;
    all.head = stretch.head;
    all.late = stretch.late;
    all.problems.push(...stretch.problems);
    after = stretch.next;
  }
  return all;
}
