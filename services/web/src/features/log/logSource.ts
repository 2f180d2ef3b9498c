// Reads the log of a run as it is written, and keeps it: one connection that goes on where it broke off, whatever
// happens to the API meanwhile. Bounded: of a log that is longer the newest lines are kept. Outside of React, so
// that lines cost no rendering; who shows them is told a few times a second.
import { BASE } from "@/api/client";
import { tellEnded } from "@/api/ended";
import { problemOf } from "@/api/problem";
import { ApiProblem } from "@/api/problem";
import type { Line } from "./lines";
import { EventParser } from "./sse";

export const MOST_LINES = 200_000;
const DROPPED_AT_ONCE = 20_000;
const TELL_MS = 120;
const LONGEST_PAUSE_MS = 10_000;
/** A tab that nobody sees gives its connection back after this long: browsers have six per server. */
const HIDDEN_MS = 30_000;
/** The server says at least a sign of life every 15 s. */
const SILENCE_MS = 40_000;

export type LogState = "connecting" | "live" | "waiting" | "ended" | "refused";

export interface LogSnapshot {
  lines: readonly Line[];
  /** Changes with each announcement; `lines` is the same array, longer. */
  version: number;
  /** Changes when lines were dropped or read anew, so that rows have to be built again. */
  epoch: number;
  dropped: number;
  state: LogState;
  problem: ApiProblem | null;
}

export class LogSource {
  private lines: Line[] = [];
  private position = "";
  private snapshot: LogSnapshot;
  private listeners = new Set<() => void>();
  private epoch = 0;
  private dropped = 0;
  private state: LogState = "connecting";
  private problem: ApiProblem | null = null;
  private telling: ReturnType<typeof setTimeout> | null = null;
  private abort: AbortController | null = null;
  private failures = 0;
  private stopped = true;
  private wake: (() => void) | null = null;

  constructor(private readonly runId: string) {
    this.snapshot = this.snap(0);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.stopped) {
      this.stopped = false;
      document.addEventListener("visibilitychange", this.seen);
      void this.run();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.stopped = true;
      document.removeEventListener("visibilitychange", this.seen);
      this.abort?.abort();
      this.wake?.();
    };
  };

  read = (): LogSnapshot => this.snapshot;

  /** Read all of it again, from the beginning. */
  again = (): void => {
    this.lines = [];
    this.position = "";
    this.dropped = 0;
    this.epoch += 1;
    this.failures = 0;
    this.setState("connecting");
    if (this.abort) this.abort.abort();
    else if (!this.stopped) void this.run();
    this.wake?.();
  };

  private seen = (): void => {
    if (!document.hidden) {
      this.wake?.();
      return;
    }
    setTimeout(() => {
      if (document.hidden && this.state === "live") this.abort?.abort();
    }, HIDDEN_MS);
  };

  private async run(): Promise<void> {
    while (!this.stopped && this.state !== "ended" && this.state !== "refused") {
      if (document.hidden && this.lines.length > 0) {
        await this.pause(Infinity);
        continue;
      }
      const pause = await this.connect();
      if (this.stopped || (this.state as LogState) === "ended" || (this.state as LogState) === "refused") return;
      if (pause > 0) await this.pause(pause);
    }
  }

  /** One connection; returns how long to wait before the next, in milliseconds. */
  private async connect(): Promise<number> {
    const abort = (this.abort = new AbortController());
    try {
      const response = await fetch(`${BASE}/automation-runs/${this.runId}/lines/stream`, {
        headers: {
          Accept: "text/event-stream",
          "Accept-Language": document.documentElement.lang,
          ...(this.position ? { "Last-Event-ID": this.position } : {}),
        },
        cache: "no-store",
        signal: abort.signal,
      });
      if (!response.ok || !response.body) return await this.refused(response);
      this.setState("live");
      await this.consume(response.body, abort);
      return this.backOff(500);
    } catch {
      if (abort.signal.aborted) return 0;
      this.setState("waiting");
      return this.backOff(1_000);
    } finally {
      this.abort = null;
    }
  }

  private async consume(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const parser = new EventParser();
    const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        for (const event of parser.push(value)) {
          if (event.name === "lines") this.take(JSON.parse(event.data) as Line[], event.id);
          else if (event.name === "end") this.setState("ended");
          else if (event.name === "bye") this.setState("refused");
        }
      }
    } finally {
      clearTimeout(silence);
      void reader.cancel().catch(() => undefined);
    }
  }

  private take(lines: Line[], position: string): void {
    for (const line of lines) this.lines.push(line);
    this.position = position;
    this.failures = 0;
    if (this.lines.length > MOST_LINES) {
      this.lines = this.lines.slice(DROPPED_AT_ONCE);
      this.dropped += DROPPED_AT_ONCE;
      this.epoch += 1;
    }
    this.tellSoon();
  }

  private async refused(response: Response): Promise<number> {
    if (response.status === 401) tellEnded();
    const problem = await problemOf(response);
    if (problem instanceof ApiProblem && problem.status < 500 && problem.status !== 429 && problem.status !== 401) {
      this.problem = problem;
      this.setState("refused");
      return 0;
    }
    this.problem = problem instanceof ApiProblem ? problem : null;
    this.setState("waiting");
    return this.backOff(problem instanceof ApiProblem && problem.retryAfter ? problem.retryAfter * 1_000 : 2_000);
  }

  private backOff(least: number): number {
    this.failures += 1;
    return Math.min(least * 2 ** Math.min(this.failures - 1, 5), LONGEST_PAUSE_MS);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private setState(state: LogState): void {
    this.state = state;
    if (state === "live" || state === "ended") this.problem = null;
    this.tell();
  }

  private tellSoon(): void {
    this.telling ??= setTimeout(() => this.tell(), TELL_MS);
  }

  private tell(): void {
    if (this.telling) clearTimeout(this.telling);
    this.telling = null;
    this.snapshot = this.snap(this.snapshot.version + 1);
    this.listeners.forEach((each) => each());
  }

  private snap(version: number): LogSnapshot {
    return { lines: this.lines, version, epoch: this.epoch, dropped: this.dropped, state: this.state, problem: this.problem };
  }
}
