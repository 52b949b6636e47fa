import { isAttended, onAttention } from "parley-react/timeline";

/** The lock of a tab that has ended is free within this time, in ms. */
const TAKEOVER = 1_000;

/** What the tabs of a user in one browser agree on. */
export interface Tabs {
  /** Whether this tab tells of news now: one tab does, and only while the user looks at none. */
  mayTell(): Promise<boolean>;
  /** Leaves it to the others. */
  close(): void;
}

/**
 * Joins the tabs in which a user is signed in. One of them holds the lock `news`, each that the user looks at
 * a share of the lock `attended`: locks end with their tabs. A page without Web Locks stands alone.
 */
export function joinTabs(user: number): Tabs {
  const { locks } = navigator;
  const attended = `parley:${user} attended`;
  const ending = new AbortController();
  const { signal } = ending;
  let isTeller = !locks;
  let leave = () => {};
  const look = () => {
    leave();
    if (!locks || !isAttended()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    leave = resolve;
    void locks.request(attended, { mode: "shared" }, () => promise);
  };
  locks
    ?.request(`parley:${user} news`, { signal }, () => {
      isTeller = true;
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    })
    // It has ended while another tab tells.
    .catch(() => {});
  look();
  const end = onAttention(look);
  return {
    mayTell: async () => {
      // The teller may have ended just before.
      if (!isTeller) await new Promise((resolve) => setTimeout(resolve, TAKEOVER));
      if (!isTeller || isAttended()) return false;
      const { held = [] } = (await locks?.query()) ?? {};
      return !held.some(({ name }) => name === attended);
    },
    close: () => {
      end();
      leave();
      ending.abort();
    },
  };
}
