// Ctrl-K: jump to any page or task, or do something, by typing a part of its name.
import { useQuery } from "@tanstack/react-query";
import { Input, type InputRef, Modal } from "antd";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { findTasks } from "@/features/tasks/findTasks";
import { PLACES, PLACES_TEXTS } from "./navigation";
import { usePreferences } from "./preferences";
import { useSession } from "./session";
import { SHELL } from "./shell-texts";
import { isComposing } from "./shortcuts";
import { useTexts } from "./texts";

interface Entry {
  key: string;
  group: string;
  label: string;
  act: () => void;
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts(SHELL);
  const input = useRef<InputRef>(null);
  return (
    <Modal open={open} onCancel={onClose} footer={null} closable={false} destroyOnHidden title={<span className="visually-hidden">{t("palette.title")}</span>} style={{ top: 72 }} width={560} afterOpenChange={(shown) => shown && input.current?.focus()}>
      <Search input={input} onClose={onClose} />
    </Modal>
  );
}

function Search({ input, onClose }: { input: React.RefObject<InputRef | null>; onClose: () => void }) {
  const t = useTexts(SHELL);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const entries = useEntries(text.trim());
  const at = Math.min(chosen, Math.max(entries.length - 1, 0));
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const go = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.act();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setChosen((at + step + entries.length) % Math.max(entries.length, 1));
    else if (event.key === "Enter") go(entries[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <Input
        ref={input}
        size="large"
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={entries[at] ? `palette-${at}` : undefined}
        aria-label={t("search")}
        placeholder={t("search")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul ref={list} id="palette-list" role="listbox" aria-label={t("palette.title")} style={{ listStyle: "none", margin: "8px 0 0", padding: 0, height: 360, overflowY: "auto" }}>
        {entries.map((entry, index) => (
          <li
            key={entry.key}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setChosen(index)}
            onClick={() => go(entry)}
            style={{ padding: "8px 12px", borderRadius: 6, cursor: "pointer", display: "flex", gap: 12, background: index === at ? "var(--ant-control-item-bg-active)" : undefined }}
          >
            <span className="break" style={{ flex: 1 }}>{entry.label}</span>
            <span style={{ color: "var(--ant-color-text-description)" }}>{entry.group}</span>
          </li>
        ))}
        {entries.length === 0 ? <li role="presentation" style={{ padding: 12 }}>{t("palette.none")}</li> : null}
      </ul>
      <p style={{ margin: "8px 0 0", color: "var(--ant-color-text-description)" }}>{t("palette.hint")}</p>
    </>
  );
}

function useEntries(text: string): Entry[] {
  const t = useTexts(SHELL);
  const name = useTexts(PLACES_TEXTS);
  const navigate = useNavigate();
  const { can } = useSession();
  const { setTheme, dark } = usePreferences();
  const tasks = useQuery({
    queryKey: ["palette", text],
    queryFn: () => findTasks(text, 8),
    enabled: text.length > 0 && can("tasks:read"),
  });
  const places = PLACES.filter((place) => !place.scope || can(place.scope)).map((place) => ({
    key: place.path,
    group: t("palette.places"),
    label: name(place.name),
    also: place.path,
    act: () => void navigate(place.path),
  }));
  const commands = [
    ...(can("tasks:write") ? [{ key: "new", group: t("palette.commands"), label: t("palette.newTask"), also: "new task", act: () => void navigate("/tasks/new") }] : []),
    { key: "theme", group: t("palette.commands"), label: dark ? t("palette.light") : t("palette.dark"), also: "theme dark light", act: () => setTheme(dark ? "light" : "dark") },
  ];
  const wanted = text.toLowerCase();
  const found = [...commands, ...places].filter((each) => `${each.label} ${each.also}`.toLowerCase().includes(wanted));
  const matching = (tasks.data ?? []).map((task) => ({
    key: task.id,
    group: t("palette.tasks"),
    label: task.name,
    act: () => void navigate(`/tasks/${task.id}`),
  }));
  return text ? [...matching, ...found] : found;
}
