// What an overlap policy does, drawn small: a long run, and a second and third that come due meanwhile.
import type { Draft } from "./fields";

type Policy = NonNullable<Draft["overlap"]>;

interface Bar {
  row: number;
  from: number;
  to: number;
  look: "runs" | "waits" | "stopped";
}

const DUE = [4, 34, 64];

const BARS: Record<Policy, { bars: Bar[]; skipped: number[] }> = {
  skip: { bars: [{ row: 0, from: 4, to: 80, look: "runs" }], skipped: [1, 2] },
  buffer_one: { bars: [{ row: 0, from: 4, to: 80, look: "runs" }, { row: 1, from: 34, to: 80, look: "waits" }, { row: 1, from: 80, to: 116, look: "runs" }], skipped: [2] },
  buffer_all: {
    bars: [{ row: 0, from: 4, to: 76, look: "runs" }, { row: 1, from: 34, to: 76, look: "waits" }, { row: 1, from: 76, to: 97, look: "runs" }, { row: 2, from: 64, to: 97, look: "waits" }, { row: 2, from: 97, to: 118, look: "runs" }],
    skipped: [],
  },
  cancel_other: {
    bars: [{ row: 0, from: 4, to: 34, look: "runs" }, { row: 0, from: 34, to: 44, look: "stopped" }, { row: 1, from: 44, to: 64, look: "runs" }, { row: 1, from: 64, to: 74, look: "stopped" }, { row: 2, from: 74, to: 116, look: "runs" }],
    skipped: [],
  },
  terminate_other: { bars: [{ row: 0, from: 4, to: 34, look: "runs" }, { row: 1, from: 34, to: 64, look: "runs" }, { row: 2, from: 64, to: 116, look: "runs" }], skipped: [] },
  allow_all: { bars: [{ row: 0, from: 4, to: 80, look: "runs" }, { row: 1, from: 34, to: 104, look: "runs" }, { row: 2, from: 64, to: 116, look: "runs" }], skipped: [] },
};

const FILLS: Record<Bar["look"], string> = {
  runs: "var(--ant-color-primary)",
  waits: "none",
  stopped: "var(--ant-color-error)",
};

/** The sentence beside it says the same: it is only a picture. */
export function OverlapDrawing({ policy }: { policy: Policy }) {
  const { bars, skipped } = BARS[policy];
  return (
    <svg viewBox="0 0 120 34" width="100%" height="40" preserveAspectRatio="none" aria-hidden style={{ display: "block", marginBlockStart: 6, maxWidth: 220 }}>
      {DUE.map((x, row) => (
        <line key={row} x1={x} x2={x} y1={0} y2={34} stroke="var(--ant-color-border)" strokeDasharray="2 2" vectorEffect="non-scaling-stroke" />
      ))}
      {bars.map((bar, index) => (
        <rect key={index} x={bar.from} width={bar.to - bar.from} y={bar.row * 12 + 1} height={8} rx={1.5} fill={FILLS[bar.look]} stroke={bar.look === "waits" ? "var(--ant-color-primary)" : "none"} strokeDasharray={bar.look === "waits" ? "3 2" : undefined} vectorEffect="non-scaling-stroke" />
      ))}
      {skipped.map((row) => {
        const x = DUE[row] ?? 0;
        const y = row * 12 + 1;
        return <path key={row} d={`M${x} ${y} l6 8 M${x + 6} ${y} l-6 8`} stroke="var(--ant-color-text-tertiary)" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />;
      })}
    </svg>
  );
}
