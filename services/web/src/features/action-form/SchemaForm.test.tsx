// The form as people meet it: labels, what is wrong, what comes out of it.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, useState } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FieldProblem } from "@/api/problem";
import { PreferencesContext } from "@/app/preferences";
import { SchemaForm } from "./SchemaForm";
import { SCHEMA } from "./testSchema";
import type { Value } from "./tidy";
import { drawn } from "./uiSchema";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
// The first rendering of Ant Design takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
// Secrets are chosen by whoever may list them; here nobody may.
vi.mock("@/app/session", () => ({ useSession: () => ({ can: () => false }) }));

const preferences = { language: "en" as const, theme: "light" as const, dark: false, setLanguage: () => undefined, setTheme: () => undefined };
const { odd, json, statement, ...light } = SCHEMA.properties as Record<string, unknown>;
const FORM = drawn({ ...SCHEMA, properties: light })!;

let root: ReturnType<typeof createRoot>;
let told: Value[];
let touched: string[];

beforeEach(() => {
  void [odd, json, statement];
  Object.defineProperty(window, "matchMedia", { value: () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn(), addListener: vi.fn(), removeListener: vi.fn() }), configurable: true });
  vi.stubGlobal("ResizeObserver", class { observe() {} unobserve() {} disconnect() {} });
  document.body.innerHTML = "<div id=root></div>";
  root = createRoot(document.getElementById("root")!);
  told = [];
  touched = [];
});
afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

function Held({ begin, problems }: { begin: Value; problems: FieldProblem[] }) {
  const [value, setValue] = useState(begin);
  const change = (after: Value) => {
    told.push(after);
    setValue(after);
  };
  return <SchemaForm form={FORM} value={value} onChange={change} problems={problems} onTouch={(pointer) => touched.push(pointer)} />;
}

function show(begin: Value = {}, problems: FieldProblem[] = []) {
  act(() => root.render(<PreferencesContext value={preferences}><QueryClientProvider client={new QueryClient()}><Held begin={begin} problems={problems} /></QueryClientProvider></PreferencesContext>));
}

const at = (pointer: string) => document.querySelector<HTMLElement>(`[data-pointer="${pointer}"]`)!;
const press = (element: Element | null | undefined) => act(() => (element as HTMLElement).click());
const named = (name: string) => document.querySelector(`[aria-label="${name}"]`);
const button = (text: string, within: ParentNode = document) => [...within.querySelectorAll("button")].find((each) => each.textContent?.includes(text));

function type(input: HTMLInputElement, text: string) {
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

it("is no form of its own, submits nothing and changes nothing by itself", () => {
  show({ seconds: 30, unknown: [1], auth: null });
  expect(document.querySelector("form, [type=submit]")).toBeNull();
  expect(told).toEqual([]);
});

it("names its fields and writes what is typed", () => {
  show();
  const label = [...document.querySelectorAll("label")].find((each) => each.textContent === "URL")!;
  const input = document.getElementById(label.htmlFor) as HTMLInputElement;
  type(input, "https://a");
  expect(input.value).toBe("https://a");
  expect(told.at(-1)).toEqual({ url: "https://a" });
  act(() => input.dispatchEvent(new FocusEvent("focusout", { bubbles: true })));
  expect(touched).toEqual(["/url"]);
});

it("switches an object on with what must be chosen, and off again", () => {
  show({ url: "x", unknown: 1 });
  press(named("Use Authentication"));
  expect(told.at(-1)).toEqual({ url: "x", unknown: 1, auth: { type: "bearer" } });
  type(at("/auth/secret").querySelector("input")!, "token");
  expect(told.at(-1)).toEqual({ url: "x", unknown: 1, auth: { type: "bearer", secret: "token" } });
  press(named("Use Authentication"));
  expect(told.at(-1)).toEqual({ url: "x", unknown: 1 });
});

it("adds to lists up to the most there may be, and removes", () => {
  show();
  press(button("Add one"));
  press(button("Add one"));
  expect(told.at(-1)).toEqual({ steps: [{}, {}] });
  expect(button("Add one")?.disabled).toBe(true);
  type(at("/steps/1/percent").querySelector("input")!, "7");
  press(named("Remove number 1"));
  expect(told.at(-1)).toEqual({ steps: [{ percent: 7 }] });
});

it("takes along what stood in an object that is changed for the first time", () => {
  show();
  type(at("/retry/pause").querySelector("input")!, "9");
  expect(told.at(-1)).toEqual({ retry: { times: 3, pause: 9 } });
});

it("writes headers while their names are typed", () => {
  show();
  press(button("Add", at("/headers")));
  type(at("/headers").querySelector("input")!, "X-A");
  expect(told.at(-1)).toEqual({ headers: { "X-A": "" } });
});

it("tells what is wrong at its field, and unfolds what hides it", () => {
  show({}, [
    { pointer: "/headers/X-A", code: "x", detail: "No such header", length: null, position: null },
    { pointer: "/seconds", code: "x", detail: "Too long", length: null, position: null },
    { pointer: "/auth", code: "x", detail: "Not this one", length: null, position: null },
  ]);
  expect(at("/headers").textContent).toContain("No such header");
  expect(at("/seconds").textContent).toContain("Too long · Default: 30");
  expect(document.querySelector("[role=alert]")?.textContent).toBe("Not this one");
});

it("folds what most people leave as it is", () => {
  show();
  expect(document.body.textContent).toContain("More settings");
  expect(at("/seconds")).toBeNull();
});
