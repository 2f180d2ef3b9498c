// Texts in both languages, side by side: a text that lacks one of them does not compile.
//
//   const TEXTS = defineTexts({
//     "list.title": { zh: "任務", en: "Tasks" },
//     "list.count": { zh: "{count} 個任務", en: { one: "{count} task", other: "{count} tasks" } },
//   });
//   const t = useTexts(TEXTS);      t("list.count", { count: 3 })
import { useCallback } from "react";
import { type Language, usePreferences } from "./preferences";

/** English has a form for one and a form for all other counts; Chinese has one form. */
export type Text = { zh: string; en: string | { one: string; other: string } };
export type Texts = Record<string, Text>;
export type Values = Record<string, string | number>;
export type Translate<Key extends string> = (key: Key, values?: Values) => string;

export function defineTexts<const T extends Texts>(texts: T): T {
  return texts;
}

export function useTexts<T extends Texts>(texts: T): Translate<keyof T & string> {
  const { language } = usePreferences();
  return useCallback((key, values) => say(texts, key, language, values), [texts, language]);
}

/** The text of `key` with each `{name}` filled in; numbers are written as the language writes them. */
export function say<T extends Texts>(texts: T, key: keyof T & string, language: Language, values: Values = {}): string {
  const text = texts[key];
  if (!text) throw new Error(`no such text: ${key}`);
  const chosen = language === "zh-TW" ? text.zh : text.en;
  const form = typeof chosen === "string" ? chosen : values.count === 1 ? chosen.one : chosen.other;
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(language) : value;
  });
}
