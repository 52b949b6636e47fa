/** The cache in which answers from notifications wait: web/worker/service-worker.ts puts them there. */
export const ANSWERS = "parley-answers";

/** One value that this browser keeps for the page. */
export interface Stored<T> {
  /** null: there is none, or it is not what it should be */
  read(): T | null;
  write(value: T | null): void;
}

/**
 * A value in `localStorage`. Where there is none, as in some private windows, nothing is kept.
 * @param check makes of what was read a value, or null
 */
export function stored<T>(name: string, check: (value: unknown) => T | null): Stored<T> {
  const key = `parley:${name}`;
  return {
    read: () => {
      try {
        return check(JSON.parse(localStorage.getItem(key) ?? "null"));
      } catch {
        return null;
      }
    },
    write: (value) => {
      try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // The page works without it.
      }
    },
  };
}
