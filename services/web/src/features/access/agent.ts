// What a browser calls itself, as people call it. Only for reading: it may say what it likes.

export interface Agent {
  browser: string;
  system: string;
}

// The order matters: most browsers claim to be several others as well.
const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

/** Null: nothing that we know; `program` then is its first word, such as "curl/8.5". */
export function readAgent(text: string | null): Agent | null {
  const browser = BROWSERS.find(([pattern]) => pattern.test(text ?? ""))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(text ?? ""))?.[1];
  return browser && system ? { browser, system } : null;
}

export function programOf(text: string | null): string | null {
  return text?.trim().split(/\s+/)[0]?.slice(0, 40) || null;
}
