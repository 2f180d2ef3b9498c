// By what a trace store finds this run: to copy, and as a link where the operator has said where traces are looked at.
import { CopyOutlined, ExportOutlined } from "@ant-design/icons";
import { Button, Flex } from "antd";
import { useTexts } from "@/app/texts";
import { useCopy } from "@/components/Command";
import { RUN } from "./run-texts";

export function TraceId({ id, url }: { id: string; url: string | null }) {
  const t = useTexts(RUN);
  const copy = useCopy();
  // The beginning tells traces apart; all 32 digits would push everything else aside.
  const short = <code className="mono" title={id}>{id.slice(0, 12)}…</code>;
  return (
    <Flex gap={4} align="center" wrap>
      {url ? (
        <a href={url} target="_blank" rel="noopener noreferrer" aria-label={t("trace.open", { trace: id })}>
          {short} <ExportOutlined aria-hidden />
        </a>
      ) : (
        short
      )}
      <Button size="small" type="text" icon={<CopyOutlined />} aria-label={t("trace.copy")} onClick={() => void copy(id, t("trace.copied"))} />
    </Flex>
  );
}
