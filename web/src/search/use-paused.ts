import { useEffect, useState } from "preact/hooks";

/** A value that follows another one when that has not changed for a time, in ms. */
export function usePaused(value: string, pause: number): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const wait = setTimeout(() => setPaused(value), pause);
    return () => clearTimeout(wait);
  }, [value, pause]);
  return paused;
}
