import { effect, signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

/** Who is signed in on this browser. */
export interface Session {
  readonly userId: number;
  readonly token: string;
}

const kept = stored("session", (value): Session | null => {
  const { userId, token } = Object(value);
  return typeof userId === "number" && typeof token === "string" ? { userId, token } : null;
});

/** The session of this page; null: nobody is signed in. */
export const session = signal<Session | null>(kept.read());
/** Why the last session ended without a sign-out here; null: it did not. */
export const farewell = signal<"account.ended" | "account.deleted" | null>(null);

effect(() => kept.write(session.value));

// A sign-in or a sign-out in another tab holds for this one.
addEventListener("storage", ({ key }) => {
  if (key !== "parley:session" && key !== null) return;
  const now = kept.read();
  if (now?.token !== session.peek()?.token) session.value = now;
});
