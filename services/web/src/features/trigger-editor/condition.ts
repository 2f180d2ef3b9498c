// A condition as the builder shows it: groups of clauses, of which one group must hold whole. Written as CEL and read
// back from it. What the builder cannot show is read as null, and stays text, untouched.

export const OPERATORS = [
  "==", "!=", ">", ">=", "<", "<=", "contains", "startsWith", "endsWith", "matches", "in", "exists",
] as const;
export type Operator = (typeof OPERATORS)[number];

export type Scalar = string | number | boolean | null;

export interface Clause {
  /** As CEL names it: `error_rate`, `order.total`, `event.data["order-id"]`, `event.source`. */
  field: string;
  operator: Operator;
  negated: boolean;
  value: Scalar | Scalar[];
}

export type Group = Clause[];

/** Operators that compare texts only. */
const METHODS: ReadonlySet<string> = new Set(["contains", "startsWith", "endsWith", "matches"]);
const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", ">=", "<", "<="]);
const RESERVED = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(" "),
);

export function writeCondition(groups: readonly Group[]): string {
  const filled = groups.filter((group) => group.length > 0);
  return filled
    .map((group) => {
      const text = group.map(writeClause).join(" && ");
      return filled.length > 1 && group.length > 1 ? `(${text})` : text;
    })
    .join(" || ");
}

function writeClause({ field, operator, negated, value }: Clause): string {
  const sign = negated ? "!" : "";
  if (operator === "exists") return `${sign}has(${selectable(field)})`;
  if (METHODS.has(operator)) return `${sign}${field}.${operator}(${literal(value)})`;
  const text = `${field} ${operator} ${literal(value)}`;
  return negated ? `!(${text})` : text;
}

/** `has` wants a path of at least one step: a field of the data is written from the event. */
export function selectable(field: string): string {
  return field.startsWith("event.") ? field : `event.data.${field}`;
}

function literal(value: Scalar | Scalar[]): string {
  return Array.isArray(value) ? `[${value.map(literal).join(", ")}]` : JSON.stringify(value);
}

/** Null: the builder cannot show it. An empty text is no groups. */
export function readCondition(text: string): Group[] | null {
  if (!text.trim()) return [];
  const tokens = tokensOf(text);
  if (!tokens) return null;
  try {
    const reader = new Reader(tokens);
    const groups = reader.alternatives();
    return reader.isDone() ? groups : null;
  } catch (error) {
    if (error instanceof NotShown) return null;
    throw error;
  }
}

class NotShown extends Error {}

type Token = { kind: "name" | "string" | "number" | "sign"; text: string };

const TOKEN = /\s+|([A-Za-z_]\w*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(&&|\|\||[=!<>]=|[<>!()[\],.])/y;

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const before = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) return null;
    const [, name, string, number, sign] = found;
    if (name !== undefined) {
      // r"…", b"…" and "…" written after a letter mean something else.
      if (/["']/.test(text[TOKEN.lastIndex] ?? "")) return null;
      tokens.push({ kind: "name", text: name });
    } else if (string !== undefined) tokens.push({ kind: "string", text: string });
    else if (number !== undefined) {
      // 1u, 1.e and the like.
      if (/[\w.]/.test(text[TOKEN.lastIndex] ?? "")) return null;
      tokens.push({ kind: "number", text: number });
    } else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    if (TOKEN.lastIndex === before) return null;
  }
  return tokens;
}

class Reader {
  private at = 0;
  constructor(private readonly tokens: Token[]) {}

  isDone(): boolean {
    return this.at >= this.tokens.length;
  }

  alternatives(): Group[] {
    const groups = [this.group()];
    while (this.takes("||")) groups.push(this.group());
    return groups;
  }

  private group(): Group {
    if (this.peek(0)?.text === "(" && this.closes()) {
      this.expect("(");
      const inner = this.clauses();
      this.expect(")");
      return inner;
    }
    return this.clauses();
  }

  /** Whether the bracket that opens here closes where the group ends. */
  private closes(): boolean {
    let depth = 0;
    for (let index = this.at; index < this.tokens.length; index++) {
      const token = this.tokens[index];
      if (token?.kind !== "sign") continue;
      if (token.text === "(") depth++;
      if (token.text === ")" && --depth === 0) {
        const next = this.tokens[index + 1];
        return next === undefined || next.text === "||";
      }
    }
    return false;
  }

  private clauses(): Group {
    const clauses = [this.clause()];
    while (this.takes("&&")) clauses.push(this.clause());
    return clauses;
  }

  private clause(): Clause {
    if (!this.takes("!")) return this.plain();
    if (this.takes("(")) {
      const inner = this.plain();
      this.expect(")");
      return { ...inner, negated: !inner.negated };
    }
    const inner = this.plain();
    // `!a == b` is `(!a) == b`.
    if (COMPARISONS.has(inner.operator) || inner.operator === "in") throw new NotShown();
    return { ...inner, negated: !inner.negated };
  }

  private plain(): Clause {
    if (this.peek(0)?.text === "has" && this.peek(1)?.text === "(") {
      this.at += 2;
      const { field, call } = this.path();
      if (call || !field.startsWith("event.")) throw new NotShown();
      this.expect(")");
      return { field: shortened(field), operator: "exists", negated: false, value: null };
    }
    const { field, call } = this.path();
    if (call) {
      const value = this.value();
      this.expect(")");
      if (typeof value !== "string") throw new NotShown();
      return { field, operator: call, negated: false, value };
    }
    const sign = this.next();
    if (sign.text === "in" && sign.kind === "name") return { field, operator: "in", negated: false, value: this.list() };
    if (sign.kind !== "sign" || !COMPARISONS.has(sign.text)) throw new NotShown();
    return { field, operator: sign.text as Operator, negated: false, value: this.value() };
  }

  private path(): { field: string; call: Operator | null } {
    const first = this.next();
    if (first.kind !== "name" || RESERVED.has(first.text)) throw new NotShown();
    let field = first.text;
    for (;;) {
      if (this.takes(".")) {
        const step = this.next();
        if (step.kind !== "name") throw new NotShown();
        if (METHODS.has(step.text) && this.takes("(")) return { field, call: step.text as Operator };
        field += `.${step.text}`;
      } else if (this.peek(0)?.text === "[" && this.peek(1)?.kind === "string") {
        this.at += 1;
        field += `[${JSON.stringify(stringOf(this.next().text))}]`;
        this.expect("]");
      } else return { field, call: null };
    }
  }

  private value(): Scalar {
    const token = this.next();
    if (token.kind === "string") return stringOf(token.text);
    if (token.kind === "number") return Number(token.text);
    if (token.kind === "name" && token.text === "true") return true;
    if (token.kind === "name" && token.text === "false") return false;
    if (token.kind === "name" && token.text === "null") return null;
    throw new NotShown();
  }

  private list(): Scalar[] {
    this.expect("[");
    const values: Scalar[] = [];
    if (this.takes("]")) return values;
    do values.push(this.value());
    while (this.takes(","));
    this.expect("]");
    return values;
  }

  private peek(ahead: number): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  private takes(sign: string): boolean {
    const token = this.peek(0);
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.at++;
    return true;
  }

  private next(): Token {
    const token = this.tokens[this.at++];
    if (!token) throw new NotShown();
    return token;
  }

  private expect(sign: string): void {
    if (!this.takes(sign)) throw new NotShown();
  }
}

/** What JSON can read of a CEL string; the rest is not shown. */
function stringOf(text: string): string {
  const inner = text.slice(1, -1);
  const body = text.startsWith("'") ? inner.replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"') : inner;
  try {
    return JSON.parse(`"${body}"`) as string;
  } catch {
    throw new NotShown();
  }
}

function shortened(field: string): string {
  const bare = field.replace(/^event\.data\./, "");
  // Names that mean something else where they stand alone stay as they are.
  return bare !== field && /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(bare) && !TAKEN.has(bare.split(".")[0] ?? "") ? bare : field;
}

const TAKEN = new Set(
  "event type int uint double string bytes bool list map null_type dyn size has all exists exists_one filter matches contains startsWith endsWith timestamp duration google".split(" "),
);

/** A clause that an event with this value fulfils. */
export function clauseFor(field: string, value: unknown): Clause {
  if (typeof value === "number") return { field, operator: ">=", negated: false, value };
  if (typeof value === "string" || typeof value === "boolean" || value === null) return { field, operator: "==", negated: false, value };
  return { field, operator: "exists", negated: false, value: null };
}

/** `clause` joined to a condition with "and" in every group, as text; null: the condition is no such one. */
export function withClause(text: string, clause: Clause): string | null {
  const groups = readCondition(text);
  if (groups === null) return null;
  return writeCondition(groups.length === 0 ? [[clause]] : groups.map((group) => [...group, clause]));
}
