import { computed, effect, signal } from "@preact/signals";
import { type Chat, Problem } from "parley-client";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { reason } from "../../state/problem.ts";
import { session } from "../../state/session.ts";

/** How the export of the user's data goes. It goes on while they look at something else. */
export type Exporting =
  | { readonly phase: "none" }
  | { readonly phase: "running"; readonly bytes: number }
  | { readonly phase: "saved"; readonly bytes: number; readonly name: string }
  | { readonly phase: "failed"; readonly problem: string };

const NONE: Exporting = { phase: "none" };
/** What has come is counted on screen at most this often, in ms. */
const COUNT_EVERY = 200;

export const exporting = signal<Exporting>(NONE);
let ending: AbortController | undefined;

// What one user exports is not for the next one.
const userId = computed(() => session.value?.userId);
effect(() => {
  void userId.value;
  cancelExport();
});

/** Ends the export that is under way, and forgets how the last one went. */
export function cancelExport(): void {
  ending?.abort();
  ending = undefined;
  exporting.value = NONE;
}

/** Loads everything of the user, and has the browser save it. Does nothing while that is under way. */
export async function exportData(chat: Chat): Promise<void> {
  if (ending) return;
  const begun = new AbortController();
  const { signal: end } = begun;
  ending = begun;
  const show = (now: Exporting) => {
    if (ending === begun) exporting.value = now;
  };
  show({ phase: "running", bytes: 0 });
  // A page that goes ends it: the browser asks before.
  addEventListener("beforeunload", (event) => event.preventDefault(), { signal: end });
  try {
    const answer = await ask(chat, end);
    const name = nameIn(answer.headers.get("Content-Disposition"));
    const blob = await received(answer, (bytes) => show({ phase: "running", bytes }));
    if (end.aborted) return;
    save(blob, name);
    show({ phase: "saved", bytes: blob.size, name });
  } catch (error) {
    show({ phase: "failed", problem: explain(error) });
  }
  if (ending === begun) ending = undefined;
  begun.abort();
}

/** Asks for the export, once more if the token has ended. @throws Problem it was refused, or has no answer */
async function ask({ api }: Chat, signal: AbortSignal): Promise<Response> {
  for (let token = await api.token(undefined, true); ; ) {
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    // The call has no time limit: an export is as long as the user's history.
    const answer = await fetch("/v1/me/export", { headers, signal });
    if (answer.ok) return answer;
    if (answer.status === 401 && token) {
      token = await api.token(token);
      if (token) continue;
    }
    const body = await answer.json().catch(() => ({}));
    throw new Problem(answer.status, body, Number(answer.headers.get("Retry-After")) || undefined);
  }
}

/** The bytes of an answer. @param onCount told how many have come by now */
async function received(answer: Response, onCount: (bytes: number) => void): Promise<Blob> {
  let [bytes, counted] = [0, 0];
  const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, controller) {
      bytes += part.byteLength;
      if (Date.now() - counted > COUNT_EVERY) {
        counted = Date.now();
        onCount(bytes);
      }
      controller.enqueue(part);
    },
  });
  const headers = { "Content-Type": answer.headers.get("Content-Type") ?? "" };
  return new Response(answer.body?.pipeThrough(count), { headers }).blob();
}

function nameIn(disposition: string | null): string {
  return /filename="([^"]+)"/.exec(disposition ?? "")?.[1] ?? "parley-export.zip";
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  // The browser begins with it in a later turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function explain(error: unknown): string {
  // `fetch`, and what reads its bytes, has lost the connection.
  if (!(error instanceof Problem)) return t("problem.no_answer");
  const { code, retryAfter } = error;
  if (code !== "rate_limited" || !retryAfter) return reason(error);
  return t("data.tooOften", { at: when(Date.now() + retryAfter * 1_000) });
}
