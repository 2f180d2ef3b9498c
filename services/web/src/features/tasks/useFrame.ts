// Where an element begins on the page, and how wide it is, as both change: what stands above it may grow.
import { useEffect, useState } from "react";

export interface Frame {
  width: number;
  top: number;
}

export function useFrame(): [(element: HTMLElement | null) => void, Frame] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [frame, setFrame] = useState<Frame>({ width: 0, top: 0 });
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const box = element.getBoundingClientRect();
      const next = { width: Math.floor(box.width), top: Math.round(box.top + window.scrollY) };
      setFrame((known) => (known.width === next.width && known.top === next.top ? known : next));
    });
    observer.observe(element);
    // Its height is theirs, too: a note above the list moves the list.
    if (element.parentElement) observer.observe(element.parentElement);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, frame];
}
