// One of several, each with a sentence and perhaps a small drawing: cards that are radio buttons.
import { type ReactNode, useId } from "react";

export interface ChoiceOption<Value extends string> {
  value: Value;
  title: string;
  text?: ReactNode;
  drawing?: ReactNode;
}

export interface ChoicesProps<Value extends string> {
  label: string;
  value: Value | null;
  onChange: (value: Value) => void;
  options: ChoiceOption<Value>[];
  /** Of a card, in pixels, before they wrap. */
  width?: number;
}

export function Choices<Value extends string>({ label, value, onChange, options, width = 230 }: ChoicesProps<Value>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} style={{ display: "grid", gap: 8, gridTemplateColumns: `repeat(auto-fill, minmax(min(${width}px, 100%), 1fr))` }}>
      {options.map((option) => {
        const chosen = option.value === value;
        const id = `${name}-${option.value}`;
        return (
          <label
            key={option.value}
            htmlFor={id}
            style={{
              display: "flex",
              gap: 8,
              padding: 10,
              borderRadius: 8,
              cursor: "pointer",
              alignItems: "flex-start",
              border: "1px solid",
              borderColor: chosen ? "var(--ant-color-primary)" : "var(--ant-color-border)",
              boxShadow: chosen ? "inset 0 0 0 1px var(--ant-color-primary)" : undefined,
              background: chosen ? "var(--ant-control-item-bg-active)" : "var(--ant-color-bg-container)",
            }}
          >
            <input id={id} type="radio" name={name} checked={chosen} onChange={() => onChange(option.value)} aria-describedby={option.text ? `${id}-text` : undefined} style={{ width: 16, height: 16, marginBlock: 3, flex: "none", accentColor: "var(--ant-color-primary)" }} />
            <span style={{ minWidth: 0, flex: 1 }}>
              <span style={{ display: "block", fontWeight: 500 }}>{option.title}</span>
              {option.text ? <span id={`${id}-text`} style={{ display: "block", color: "var(--ant-color-text-description)", fontSize: 13 }}>{option.text}</span> : null}
              {option.drawing}
            </span>
          </label>
        );
      })}
    </div>
  );
}
