// The query box: one line that is the address, a saved view and what a bulk change means. It completes fields and
// values as one types, and shows under it what the server cannot read, with the place marked.
import { CloseCircleFilled, QuestionCircleOutlined, SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Input, type InputRef } from "antd";
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from "react";
import { api, ask } from "@/api/client";
import type { ApiProblem } from "@/api/problem";
import { isComposing } from "@/app/shortcuts";
import { useTexts } from "@/app/texts";
import { QueryHelp } from "./QueryHelp";
import { accept, complete, type Completion, marked } from "./queryText";
import { LIST } from "./texts";

const SETTLE = 350;

export function useQueryFields() {
  return useQuery({
    queryKey: ["tasks", "fields"],
    queryFn: () => ask(api.GET("/api/v1/group-ai/task-list/fields")),
    staleTime: 60_000,
  });
}

export function QueryBox({ value, onChange, refused, stays = false, box }: { value: string; onChange: (q: string) => void; refused: ApiProblem | null; /** What was found before is still shown. */ stays?: boolean; box: RefObject<InputRef | null> }) {
  const t = useTexts(LIST);
  const fields = useQueryFields().data?.items ?? [];
  const listId = useId();
  const [line, setLine] = useState(value);
  const [known, setKnown] = useState(value);
  const [sent, setSent] = useState(value);
  const [completion, setCompletion] = useState<Completion | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [help, setHelp] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The address may change without this box: a view, a chip, the back button.
  // What this box sent comes back late; meanwhile somebody types on.
  if (value !== known) {
    setKnown(value);
    if (value !== sent) {
      setSent(value);
      setLine(value);
    }
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  const apply = (text: string) => {
    clearTimeout(timer.current);
    setSent(text.trim());
    onChange(text.trim());
  };
  const change = (text: string, caret: number, composing: boolean) => {
    setLine(text);
    setChosen(-1);
    setCompletion(complete(text, caret, fields));
    clearTimeout(timer.current);
    if (!composing) timer.current = setTimeout(() => apply(text), SETTLE);
  };
  const take = (index: number) => {
    const item = completion?.items[index];
    if (!completion || !item) return;
    const taken = accept(line, completion, item);
    setLine(taken.line);
    setChosen(-1);
    setCompletion(item.goesOn ? complete(taken.line, taken.caret, fields) : null);
    requestAnimationFrame(() => box.current?.input?.setSelectionRange(taken.caret, taken.caret));
    if (!item.goesOn) apply(taken.line);
    box.current?.focus();
  };
  const items = completion?.items ?? [];
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (isComposing(event.nativeEvent)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) setChosen((chosen + step + items.length + (chosen < 0 && step < 0 ? 1 : 0)) % items.length);
    else if (step) setCompletion(complete(line, event.currentTarget.selectionStart ?? line.length, fields));
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0 && items.length) take(chosen);
    else if (event.key === "Enter") {
      setCompletion(null);
      apply(line);
    } else if (event.key === "Escape" && completion) setCompletion(null);
    else if (event.key === "Escape") event.currentTarget.blur();
    else return;
    if (event.key !== "Tab" || chosen >= 0) event.preventDefault();
  };
  return (
    <div role="search" style={{ position: "relative" }}>
      <Input
        ref={box}
        size="large"
        role="combobox"
        aria-label={t("query.label")}
        aria-expanded={items.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-invalid={refused !== null}
        aria-activedescendant={chosen >= 0 ? `${listId}-${chosen}` : undefined}
        className="mono-input"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={2_000}
        status={refused ? "error" : ""}
        placeholder={t("query.hint")}
        prefix={<SearchOutlined aria-hidden />}
        value={line}
        onChange={(event) => change(event.target.value, event.target.selectionStart ?? event.target.value.length, isComposing(event.nativeEvent as InputEvent))}
        onCompositionEnd={(event) => change(event.currentTarget.value, event.currentTarget.selectionStart ?? 0, false)}
        onKeyDown={onKeyDown}
        onFocus={() => setCompletion(line === "" ? complete("", 0, fields) : null)}
        onBlur={() => setCompletion(null)}
        suffix={
          <>
            {line ? <Button type="text" size="small" icon={<CloseCircleFilled aria-hidden />} aria-label={t("query.clear")} onClick={() => { setLine(""); apply(""); }} /> : null}
            <Button type="text" size="small" icon={<QuestionCircleOutlined aria-hidden />} aria-label={t("query.help")} onClick={() => setHelp(true)} />
          </>
        }
      />
      <Suggestions id={listId} completion={completion} chosen={chosen} onTake={take} />
      {refused && line.trim() === value ? <Wrong line={value} refused={refused} stays={stays} /> : null}
      {help ? <QueryHelp onClose={() => setHelp(false)} onUse={(word) => { setLine(`${line} ${word}`); apply(`${line} ${word}`); }} /> : null}
    </div>
  );
}

function Suggestions({ id, completion, chosen, onTake }: { id: string; completion: Completion | null; chosen: number; onTake: (index: number) => void }) {
  const t = useTexts(LIST);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const items = completion?.items ?? [];
  return (
    <ul
      ref={list}
      id={id}
      role="listbox"
      aria-label={t("query.suggestions")}
      hidden={items.length === 0}
      style={{
        position: "absolute", insetInline: 0, zIndex: 30, margin: "4px 0 0", padding: 4, listStyle: "none", maxHeight: 320, overflowY: "auto",
        background: "var(--ant-color-bg-elevated)", borderRadius: 8, boxShadow: "var(--ant-box-shadow-secondary)",
      }}
    >
      {items.map((item, index) => (
        <li
          key={item.label}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          // The box keeps the focus, so that its blur does not take the list away first.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(index)}
          style={{ display: "flex", gap: 12, padding: "6px 8px", borderRadius: 6, cursor: "pointer", background: index === chosen ? "var(--ant-control-item-bg-active)" : "transparent" }}
        >
          <code className="mono" style={{ minWidth: 96 }}>{item.label}</code>
          <span style={{ color: "var(--ant-color-text-description)" }}>{item.help}</span>
        </li>
      ))}
    </ul>
  );
}

function Wrong({ line, refused, stays }: { line: string; refused: ApiProblem; stays: boolean }) {
  const t = useTexts(LIST);
  return (
    <div role="alert" style={{ marginBlockStart: 6, color: "var(--ant-color-error)" }}>
      <code className="pre mono" style={{ display: "block", color: "var(--ant-color-text)" }}>
        {marked(line, refused.errors).map((piece, index) =>
          piece.wrong ? (
            <mark key={index} style={{ background: "transparent", color: "var(--ant-color-error)", textDecoration: "underline wavy", textUnderlineOffset: 4 }}>
              {piece.text}
            </mark>
          ) : (
            piece.text
          ),
        )}
      </code>
      <ul style={{ margin: "4px 0 0", paddingInlineStart: 20 }}>
        {refused.errors.map((each, index) => (
          <li key={index} className="break">{each.detail}</li>
        ))}
      </ul>
      {stays ? <div style={{ color: "var(--ant-color-text-description)" }}>{t("query.wrong")}</div> : null}
    </div>
  );
}
