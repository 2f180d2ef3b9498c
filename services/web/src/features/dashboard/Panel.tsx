// A part of the overview with its heading.
import { Card } from "antd";
import type { ReactNode } from "react";

export function Panel({ id, title, extra, children }: { id: string; title: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <Card id={id} size="small" role="region" aria-labelledby={`${id}-title`} className="board-panel" title={<h2 id={`${id}-title`} className="board-title">{title}</h2>} extra={extra}>
      {children}
    </Card>
  );
}
