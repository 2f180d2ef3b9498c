// A box to search a list by words: what is typed goes into the address a moment later, and not while an input method
// still composes. `/` puts the cursor here.
import { SearchOutlined } from "@ant-design/icons";
import { Input, type InputRef } from "antd";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { isComposing, useShortcut } from "@/app/shortcuts";

const PAUSE = 300;

export function SearchBox({ value, onChange, label, width = 260 }: { value: string; onChange: (value: string) => void; label: string; width?: number }) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const box = useRef<InputRef>(null);
  const composing = useRef(false);
  if (value !== known) {
    // The address changed by another hand: a chip, the back button.
    setKnown(value);
    setTyped(value);
  }
  useShortcut("/", label, () => box.current?.focus());
  // A page that draws itself anew meanwhile must not put it off.
  const settle = useEffectEvent((text: string) => onChange(text));
  useEffect(() => {
    if (typed === value || composing.current) return;
    const timer = setTimeout(() => settle(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <Input
      ref={box}
      allowClear
      prefix={<SearchOutlined aria-hidden />}
      placeholder={label}
      aria-label={label}
      value={typed}
      style={{ width, maxWidth: "100%" }}
      onChange={(event) => setTyped(event.target.value)}
      onCompositionStart={() => (composing.current = true)}
      onCompositionEnd={(event) => {
        composing.current = false;
        setTyped(event.currentTarget.value);
      }}
      onPressEnter={(event) => {
        if (!isComposing(event.nativeEvent)) onChange(typed.trim());
      }}
    />
  );
}
