// The box and the address: what is typed is never taken back by an address that comes late.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PreferencesContext } from "@/app/preferences";
import { QueryBox } from "./QueryBox";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
// The first rendering of Ant Design takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let root: ReturnType<typeof createRoot>;
let told: string[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  Object.defineProperty(window, "matchMedia", { value: () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn(), addListener: vi.fn(), removeListener: vi.fn() }), configurable: true });
  document.body.innerHTML = "<div id=root></div>";
  root = createRoot(document.getElementById("root")!);
  told = [];
});
afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const preferences = { language: "en" as const, theme: "light" as const, dark: false, setLanguage: () => undefined, setTheme: () => undefined };
const client = new QueryClient();

function show(value: string) {
  act(() =>
    root.render(
      <PreferencesContext value={preferences}>
        <QueryClientProvider client={client}>
          <QueryBox value={value} onChange={(q) => told.push(q)} refused={null} box={{ current: null }} />
        </QueryClientProvider>
      </PreferencesContext>,
    ),
  );
}
const box = () => document.querySelector("input")!;
function type(text: string) {
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(box(), text);
    box().dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
}
const wait = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

it("tells what is typed a moment later, and keeps what is typed meanwhile", () => {
  show("");
  type("fail");
  wait(400);
  expect(told).toEqual(["fail"]);
  expect(box().value).toBe("fail");
  type("failing");
  show("fail");
  expect(box().value).toBe("failing");
  wait(400);
  expect(told).toEqual(["fail", "failing"]);
});

it("follows an address that changes by another hand, back and forth", () => {
  show("a");
  type("ab");
  wait(400);
  show("ab");
  show("a");
  expect(box().value).toBe("a");
  show("ab");
  expect(box().value).toBe("ab");
});
