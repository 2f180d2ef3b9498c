// Tells that the API did not know who asked: the session has ended, and somebody must ask who we are.
type Listener = () => void;

const listeners = new Set<Listener>();

/** Hear of it; the result stops that. */
export function onEnded(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellEnded(): void {
  listeners.forEach((each) => each());
}
