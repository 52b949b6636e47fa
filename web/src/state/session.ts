import { effect, signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

/** Who is signed in on this browser. */
export interface Session {
  readonly userId: number;
  /** of a session that is renewed, the first one: it stands for the session */
  readonly token: string;
  /** whether an issuer has opened it: lib/issuer/tokens.ts has its tokens */
  readonly isRenewed?: boolean;
}

const kept = stored("session", (value): Session | null => {
  const { userId, token, isRenewed = false } = Object(value);
  return typeof userId === "number" && typeof token === "string" ? { userId, token, isRenewed } : null;
});

/** The session of this page; null: nobody is signed in. */
export const session = signal<Session | null>(kept.read());
/** What the sign-in page says of the session that has ended; null: nothing. */
export const farewell = signal<
  "account.ended" | "account.deleted" | "account.leftHere" | "account.left" | null
>(null);

effect(() => kept.write(session.value));

/** The session of this browser. What another tab has done is told to this one a moment later. */
export function keptSession(): Session | null {
  return kept.read();
}

/** Forgets the session in this browser: its tabs end it, and say nothing of it. */
export function forgetSession(): void {
  kept.write(null);
}

// A sign-in or a sign-out in another tab holds for this one.
addEventListener("storage", ({ key }) => {
  if (key !== "parley:session" && key !== null) return;
  const now = kept.read();
  if (now?.token !== session.peek()?.token) session.value = now;
});
