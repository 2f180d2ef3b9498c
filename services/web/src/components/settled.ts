// What is typed, a moment after the last key: to ask the server with, without asking at each.
import { useEffect, useMemo, useState } from "react";

/** `value` once it has not changed for `pause` milliseconds; the same object until then. JSON values only. */
export function useSettled<Value>(value: Value, pause = 300): Value {
  const text = JSON.stringify(value);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pause);
    return () => clearTimeout(timer);
  }, [text, pause]);
  return useMemo(() => JSON.parse(settled) as Value, [settled]);
}
