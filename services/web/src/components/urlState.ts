// A list's filters live in the address: a link, a bookmark and the back button do what one expects.
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

/** Parameters as strings; absent means the default. Setting a parameter to its default or "" removes it. */
export function useUrlState<const Defaults extends Record<string, string>>(defaults: Defaults) {
  type State = { [Key in keyof Defaults]: string };
  const [params, setParams] = useSearchParams();
  const fixed = JSON.stringify(defaults);
  const state = useMemo(() => {
    const entries = Object.entries(JSON.parse(fixed) as Defaults);
    return Object.fromEntries(entries.map(([key, value]) => [key, params.get(key) ?? value])) as State;
  }, [params, fixed]);
  const set = useCallback(
    (changes: Partial<State>, options: { replace?: boolean } = {}) => {
      setParams(
        () => {
          // Not what was last drawn: two changes in a row must not undo each other while the page is busy.
          const after = new URLSearchParams(window.location.search);
          for (const [key, value] of Object.entries(changes) as [string, string][]) {
            if (value === (JSON.parse(fixed) as Defaults)[key] || value === "") after.delete(key);
            else after.set(key, value);
          }
          return after;
        },
        { replace: options.replace ?? false },
      );
    },
    [setParams, fixed],
  );
  return [state, set] as const;
}
