import { beforeAll, vi } from "vitest";

/** What all files of a worker share, and tests replace. */
const SHARED: Readonly<Record<string, object>> = { globalThis, console, Date, Math, AbortSignal };

/** Where a spy is, and what was there before it. */
type Spied = [owner: object, name: PropertyKey, before: PropertyDescriptor | undefined];

/**
 * Fails a file that leaves fake timers, a spy, a changed global or a changed variable behind, in a project
 * whose files share their modules (`isolate: false`). A later file would fail else: which one, depends on the
 * order, and the line to blame would be in another. What is left is taken away, so that the others are not
 * concerned.
 * @param more what these files share besides, by name
 */
export function failOnLeftovers(more: Readonly<Record<string, object>> = {}): void {
  const shared = { ...SHARED, ...more };
  const spied: Spied[] = [];
  const { spyOn } = vi;
  let before: readonly [string, object, Map<PropertyKey, PropertyDescriptor>][] = [];

  // The first hook of a file: what its modules add while they are loaded stays.
  beforeAll(() => {
    before = Object.entries(shared).map(([name, owner]) => [name, owner, descriptorsOf(owner)]);
    vi.spyOn = new Proxy(spyOn, {
      apply(target, self, args) {
        const [owner, name] = args;
        // A second spy on the same is the first one.
        const isKnown = spied.some(([one, called]) => one === owner && called === name);
        if (!isKnown && isShared(owner, shared))
          spied.push([owner, name, Object.getOwnPropertyDescriptor(owner, name)]);
        return Reflect.apply(target, self, args);
      },
    });
    return check;
  });

  // What the first hook returns runs last: by now the file has undone what it undoes.
  const check = () => {
    vi.spyOn = spyOn;
    const timers = vi.isFakeTimers() ? ["fake timers"] : [];
    vi.useRealTimers();
    const spies = spied
      .filter(([owner, name, was]) => !isSame(Object.getOwnPropertyDescriptor(owner, name), was))
      .map(([owner, name]) => `a spy on ${nameOf(owner, shared)}.${String(name)}`);
    vi.restoreAllMocks();
    const changes = before.flatMap(([name, owner, then]) => {
      const now = descriptorsOf(owner);
      // Libraries add names of their own to what is global.
      const keys = name in more ? new Set([...then.keys(), ...now.keys()]) : then.keys();
      return [...keys]
        .filter((key) => !isSame(now.get(key), then.get(key)))
        .map((key) => {
          const was = then.get(key);
          Reflect.deleteProperty(owner, key);
          if (was && !isSame(descriptorsOf(owner).get(key), was)) Object.defineProperty(owner, key, was);
          return `another ${name}.${String(key)}`;
        });
    });
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
    const left = [...timers, ...spies, ...changes];
    if (left.length > 0)
      throw new Error(`This file leaves to those that follow it in their worker: ${left.join(", ")}`);
  };
}

/** Whether other files have the same object: a class, a prototype, or what they are said to share. */
function isShared(owner: object, shared: Readonly<Record<string, object>>): boolean {
  return (
    typeof owner === "function" ||
    Object.hasOwn(owner, "constructor") ||
    Object.values(shared).includes(owner)
  );
}

/** What an object has, itself or by its classes. */
function descriptorsOf(owner: object): Map<PropertyKey, PropertyDescriptor> {
  const prototype = Object.getPrototypeOf(owner);
  const inherited = prototype === null || prototype === Object.prototype ? [] : descriptorsOf(prototype);
  const own = Reflect.ownKeys(owner).map(
    (key) => [key, Object.getOwnPropertyDescriptor(owner, key) ?? {}] as const,
  );
  return new Map([...inherited, ...own]);
}

function isSame(one: PropertyDescriptor = {}, other: PropertyDescriptor = {}): boolean {
  return Object.is(one.value, other.value) && one.get === other.get;
}

function nameOf(owner: object, shared: Readonly<Record<string, object>>): string {
  const [name] = Object.entries(shared).find(([, one]) => one === owner) ?? [];
  return name ?? (typeof owner === "function" ? owner.name : `${owner.constructor.name}.prototype`);
}
