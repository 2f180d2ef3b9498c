// All that a query can ask for, to look up and to click together.
import { Button, Drawer, Table, Typography } from "antd";
import { useTexts } from "@/app/texts";
import { useQueryFields } from "./QueryBox";
import { LIST } from "./texts";

export function QueryHelp({ onClose, onUse }: { onClose: () => void; onUse: (word: string) => void }) {
  const t = useTexts(LIST);
  const { data } = useQueryFields();
  return (
    <Drawer open onClose={onClose} title={t("query.help")} size={Math.min(560, window.innerWidth)}>
      <Typography.Paragraph>{data?.syntax}</Typography.Paragraph>
      <Table
        size="small"
        rowKey="name"
        pagination={false}
        loading={!data}
        dataSource={data?.items ?? []}
        columns={[
          { title: t("query.fields"), dataIndex: "name", render: (name: string) => <code className="mono">{name}</code> },
          { title: t("query.meaning"), dataIndex: "help" },
          {
            title: t("query.example"),
            dataIndex: "example",
            render: (example: string, field) =>
              field.kind === "task" ? (
                <code className="mono">{example}</code>
              ) : (
                <Button size="small" type="dashed" className="mono" title={t("query.use")} onClick={() => { onUse(example); onClose(); }}>
                  {example}
                </Button>
              ),
          },
        ]}
      />
    </Drawer>
  );
}
