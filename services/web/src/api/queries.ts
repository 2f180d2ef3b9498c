// How answers are kept and refreshed. Lists poll while somebody looks at them; an API that is away is asked
// again until it is back, and what was last known stays on the page meanwhile.
import { keepPreviousData, QueryClient } from "@tanstack/react-query";
import { ApiProblem, isPassing } from "./problem";

/** Milliseconds between two looks at what changes all the time, and at what rarely does. */
export const LIVE = 3_000;
export const CALM = 15_000;

/** Options of a query whose answer changes by itself. The browser stops polling in hidden tabs. */
export const live = { refetchInterval: LIVE, placeholderData: keepPreviousData } as const;
export const calm = { refetchInterval: CALM, placeholderData: keepPreviousData } as const;

const LONGEST_WAIT = 10_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      refetchOnWindowFocus: true,
      networkMode: "always",
      // A restart takes seconds: keep asking. A refusal stays one, however often it is asked.
      retry: (count, error) => (isPassing(error) ? count < 100 : false),
      retryDelay: (count, error) =>
        error instanceof ApiProblem && error.retryAfter
          ? error.retryAfter * 1_000
          : Math.min(500 * 2 ** count, LONGEST_WAIT),
    },
    mutations: { networkMode: "always", retry: false },
  },
});
