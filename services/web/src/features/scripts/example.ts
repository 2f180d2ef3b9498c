// What a new script begins with: something small that works, and shows what there is.
import type { Language } from "@/app/preferences";

const EXAMPLES: Record<Language, string> = {
  "zh-TW": `name: 早安互動
variables:
  city: {type: string, default: 台北}
steps:
  - id: hello
    reply: ["早安，{{city}}！", 大家早！]
    wait_seconds: 3
  - id: ask
    reply: 今天過得好嗎？
triggers:
  - keywords: [價格, 多少錢]
    reply: 請私訊小編。
`,
  en: `name: Good morning
variables:
  city: {type: string, default: Taipei}
steps:
  - id: hello
    reply: ["Good morning, {{city}}!", Morning everybody!]
    wait_seconds: 3
  - id: ask
    reply: How are you today?
triggers:
  - keywords: [price, how much]
    reply: Please send us a private message.
`,
};

export function exampleText(language: Language): string {
  return EXAMPLES[language];
}
