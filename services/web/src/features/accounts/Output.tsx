// What an account's program has said last, read from its runtime.
import { useQuery } from "@tanstack/react-query";
import { Skeleton, Switch } from "antd";
import { useEffect, useRef, useState } from "react";
import { LIVE } from "@/api/queries";
import { useTexts } from "@/app/texts";
import { CopyButton } from "@/components/Command";
import { EmptyState } from "@/components/EmptyState";
import { Failure } from "@/components/Failure";
import { readOutput } from "./api";
import { ONE } from "./texts";

const LINES = 300;

export function Output({ accountId }: { accountId: string }) {
  const t = useTexts(ONE);
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const output = useQuery({
    queryKey: ["accounts", "output", accountId],
    queryFn: () => readOutput(accountId, LINES),
    refetchInterval: follow ? LIVE : false,
    // A runtime that is away is told at once, not asked again for minutes.
    retry: false,
  });
  const lines = output.data?.lines ?? [];
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, output.data]);
  if (output.error) return <Failure error={output.error} retry={() => void output.refetch()} />;
  if (!output.data) return <Skeleton active />;
  if (lines.length === 0) return <EmptyState title={t("output.empty")} text={t("output.emptyText")} />;
  return (
    <div>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "center", marginBlockEnd: 8 }}>
        <span style={{ color: "var(--ant-color-text-description)" }}>{t("output.text", { count: lines.length })}{output.data.cut ? ` ${t("output.cut")}` : ""}</span>
        <label style={{ marginInlineStart: "auto", display: "flex", gap: 8, alignItems: "center" }}>
          <Switch size="small" checked={follow} onChange={setFollow} />
          {t("output.follow")}
        </label>
        <CopyButton text={lines.join("\n")} />
      </div>
      <pre ref={box} tabIndex={0} aria-label={t("tab.output")} className="pre mono" style={{ margin: 0, padding: 12, maxHeight: 520, overflow: "auto", borderRadius: 8, background: "var(--ant-color-fill-quaternary)" }}>
        {lines.join("\n")}
      </pre>
    </div>
  );
}
