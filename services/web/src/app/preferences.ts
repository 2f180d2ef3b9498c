// What a reader has chosen for this browser: language and theme. Kept in localStorage, read before the
// first paint by public/before-paint.js, which knows the same keys.
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";

export type Language = "zh-TW" | "en";
export type Theme = "system" | "light" | "dark";

export interface Preferences {
  language: Language;
  theme: Theme;
  /** What `theme` comes to now. */
  dark: boolean;
  setLanguage: (language: Language) => void;
  setTheme: (theme: Theme) => void;
}

const LANGUAGE = "automation.language";
const THEME = "automation.theme";
const TAGS: Record<Language, string> = { "zh-TW": "zh-Hant-TW", en: "en" };

export const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): Preferences {
  const found = useContext(PreferencesContext);
  if (!found) throw new Error("outside of PreferencesContext");
  return found;
}

/** The language chosen, or else the browser's: any Chinese is answered in Taiwan's. */
export function readLanguage(): Language {
  const stored = read(LANGUAGE) ?? navigator.language;
  return /^zh\b/i.test(stored) ? "zh-TW" : "en";
}

export function readTheme(): Theme {
  const stored = read(THEME);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function isDark(theme: Theme, systemDark = systemIsDark().matches): boolean {
  return theme === "dark" || (theme === "system" && systemDark);
}

export function systemIsDark(): MediaQueryList {
  return window.matchMedia("(prefers-color-scheme: dark)");
}

/** Whether the system asks for less motion. Styles follow by themselves (base.css); scripts have to ask. */
export function systemIsStill(): MediaQueryList {
  return window.matchMedia("(prefers-reduced-motion: reduce)");
}

/** What the system says now; whoever asks is drawn again when it says something else. */
export function useSystem(ask: () => MediaQueryList): boolean {
  const listen = useCallback(
    (changed: () => void) => {
      const query = ask();
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    [ask],
  );
  return useSyncExternalStore(listen, () => ask().matches);
}

/** Keep the choice and show it on <html>, for CSS and screen readers. */
export function keep(language: Language, theme: Theme): void {
  const root = document.documentElement;
  root.lang = TAGS[language];
  root.dataset.theme = isDark(theme) ? "dark" : "light";
  try {
    localStorage.setItem(LANGUAGE, TAGS[language]);
    localStorage.setItem(THEME, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the tab.
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
